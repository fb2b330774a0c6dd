import { ConfigError } from '../errors.ts'

/** How a dataset is opened, every option decided. */
export interface OpenOptions {
  /** Seed of the split and of drawn images. */
  readonly seed: number
  /** Share of every class put aside where the data has no split of its own. */
  readonly validationShare: number
  /** For list files: `final` trains on train800val200, `search` on train800 with val200 for choosing settings. */
  readonly split: 'final' | 'search'
  /** Number of drawn images. */
  readonly trainSize: number
  readonly testSize: number
  /** Leave out listed clips that are not there. */
  readonly skipBad: boolean
}

/** What holds where nothing is said. */
export const defaultOptions: OpenOptions = {
  seed: 0,
  validationShare: 0.2,
  split: 'final',
  trainSize: 1000,
  testSize: 500,
  skipBad: false,
}

/** @throws ConfigError if an option makes no sense */
export function checkOptions({ validationShare, split, trainSize, testSize }: OpenOptions): void {
  if (!(validationShare > 0 && validationShare < 1)) {
    throw new ConfigError(`dataset: validationShare must be between 0 and 1, got ${validationShare}`)
  }
  if (split !== 'final' && split !== 'search') {
    throw new ConfigError(`dataset: split must be final or search, got ${split}`)
  }
  for (const [name, size] of Object.entries({ trainSize, testSize })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ConfigError(`dataset: ${name} must be a whole number of at least 1, got ${size}`)
    }
  }
}
