import { ConfigError } from '../errors.ts'

/** Loads the optional packages that a baseline needs, in order. @throws ConfigError where one is not installed */
export async function loadPeers(baseline: string, packages: readonly string[]): Promise<unknown[]> {
  try {
    const loaded: unknown[] = []
    for (const name of packages) loaded.push(await import(name))
    return loaded
  } catch (error) {
    throw new ConfigError(
      `bench: the baseline ${baseline} needs ${packages.join(' and ')}, which cannot be loaded (${(error as Error).message.split('\n')[0]}). Run npm install --save-dev ${packages.join(' ')}, or leave the baseline out.`,
    )
  }
}
