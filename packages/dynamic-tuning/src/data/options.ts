import { ConfigError } from '../errors.ts'

/** See `OpenOptions.split`. */
export const splits = ['final', 'search'] as const

/** Options for opening a dataset, with defaults filled in. */
export interface OpenOptions {
  /** Seed of the split and of drawn images. */
  readonly seed: number
  /** Share of every class put aside if the data has no split of its own. */
  readonly validationShare: number
  /**
   * `final` trains on everything but the test images. `search`, for choosing settings, does not use
   * those: it reports published validation images (VTAB's val200, trained on train800), or else a
   * share of every training class.
   */
  readonly split: (typeof splits)[number]
  /** Number of drawn images. */
  readonly trainSize: number
  readonly testSize: number
  /** True to leave out listed images and clips that are missing. */
  readonly skipBad: boolean
}

/** Default options. */
export const defaultOptions: OpenOptions = {
  seed: 0,
  validationShare: 0.2,
  split: 'final',
  trainSize: 1000,
  testSize: 500,
  skipBad: false,
}

/** @throws ConfigError if an option is invalid */
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
