import { present } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'

/**
 * Loads the optional packages that a baseline needs, in order. @returns the first of them
 * @throws ConfigError if one is not installed
 */
export async function loadPeers<T>(baseline: string, packages: readonly string[]): Promise<T> {
  try {
    const loaded: T[] = []
    for (const name of packages) loaded.push(await import(name))
    return present(loaded[0], `a package of ${baseline}`)
  } catch (error) {
    throw new ConfigError(
      `bench: the baseline ${baseline} needs ${packages.join(' and ')}, which cannot be loaded (${messageOf(error).split('\n')[0]}). Run npm install --save-dev ${packages.join(' ')}, or leave the baseline out.`,
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
