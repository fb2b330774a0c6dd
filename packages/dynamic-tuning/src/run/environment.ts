import { availableParallelism, cpus } from 'node:os'
import { libraryVersion } from './library-version.ts'

/** Machine and versions of a measurement. */
export interface BenchEnvironment {
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly cores: number
}

/** This machine. */
export function benchEnvironment(): BenchEnvironment {
  return {
    version: libraryVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
}
