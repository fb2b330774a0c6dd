import type { Size } from '../../data/sources/decode.ts'
import type { PartCounts } from './counts.ts'

/** What was found in data before training. */
export interface DataSurvey {
  readonly data: string
  readonly name: string
  /** Title of the layout. */
  readonly layout: string
  /** What an example is told: `class`, `labels` or `map`. */
  readonly truth: string
  readonly classes: readonly string[]
  readonly parts: readonly PartCounts[]
  /** Sizes of the smallest and largest image, by area; absent where there are no image files. */
  readonly smallest?: Size
  readonly largest?: Size
  /** What stops training, one line for each file. */
  readonly errors: readonly string[]
  /** What does not stop it. */
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
  /** False if training would fail. */
  readonly ok: boolean
  /** Paths of the contact sheet and the page, if they were asked for. */
  readonly sheet?: string
  readonly page?: string
}
