import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import { issuesOf } from '../issues-of.ts'
import { EpochTally } from './epoch-tally.ts'
import type { EpochMetrics } from './metrics.ts'

const sums = z.object({
  images: z.number(),
  loss: z.number(),
  /** Absent in checkpoints of version 0.1, which have `correct` instead. */
  scores: z.record(z.string(), z.number()).optional(),
  correct: z.number().optional(),
  seconds: z.number(),
  waitSeconds: z.number().default(0),
})
const value = z.union([z.number(), z.string(), z.array(z.number()), z.null()])
const epoch = z
  .object({
    kind: z.literal('epoch'),
    epoch: z.number(),
    step: z.number(),
    trainLoss: z.number(),
    seconds: z.number(),
    waitSeconds: z.number().default(0),
  })
  .catchall(value)
const schema = z.object({ tally: sums, last: epoch.nullable() })

/** Position of the loop inside an epoch. */
export interface LoopState {
  readonly tally: EpochTally
  readonly last: EpochMetrics | undefined
}

/** Converts the state of a loop to JSON; `total` is the number of steps of the whole run. */
export function writeLoopState({ tally, last }: LoopState, total: number): object {
  return { tally: tally.state, total, last: last ?? null }
}

/** Reads such JSON, also from version 0.1. @throws CheckpointError naming `source` if it is damaged */
export function readLoopState(state: unknown, source: string): LoopState {
  const { data, error } = schema.safeParse(state)
  if (error)
    throw new CheckpointError(
      `checkpoint: the state in ${source} is damaged: ${issuesOf(error)}. Start the run again.`,
    )
  const { scores = {}, correct = 0, ...rest } = data.tally
  return { tally: new EpochTally({ ...rest, scores }, correct), last: data.last ?? undefined }
}
