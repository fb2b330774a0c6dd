import { homedir, platform } from 'node:os'
import { join } from 'node:path'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Folder for data that can be created again: `DYT_CACHE`, otherwise `dynamic-tuning` in the system's folder
 * for caches (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). It need not exist.
 */
export function userCacheFolder(environment: Environment = process.env, system: string = platform()): string {
  const { DYT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment
  if (DYT_CACHE) return DYT_CACHE
  const home = homedir()
  const usual = {
    win32: LOCALAPPDATA ?? join(home, 'AppData', 'Local'),
    darwin: join(home, 'Library', 'Caches'),
  }[system]
  return join(XDG_CACHE_HOME || usual || join(home, '.cache'), 'dynamic-tuning')
}
