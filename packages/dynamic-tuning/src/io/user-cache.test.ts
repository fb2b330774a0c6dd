import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { userCacheFolder } from './user-cache.ts'

it('userCacheFolder takes the variable first, then the system’s place', () => {
  expect(userCacheFolder({ DYT_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/c')
  expect(userCacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'dynamic-tuning'))
  expect(userCacheFolder({ XDG_CACHE_HOME: '' }, 'linux')).toBe(join(homedir(), '.cache', 'dynamic-tuning'))
  expect(userCacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'dynamic-tuning'))
  expect(userCacheFolder({ LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'dynamic-tuning'))
})
