import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TuningError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { type BenchEnvironment, benchEnvironment } from '../../run/environment.ts'
import { measureSpeed } from '../../run/model-speed.ts'
import type { RunSummary } from '../../run/summary.ts'
import { openRun, type TunedRun } from '../../run/tuned-run.ts'

/** Speeds of models, measured in turn within one process. */
export interface MeasuredSpeeds {
  /** Images per pass, and passes of each model; speeds are of medians. */
  readonly batch: number
  readonly rounds: number
  /** 0: chosen by the runtime. */
  readonly threads: number
  readonly environment: BenchEnvironment
  /** In the order of the runs; null if a model could not be opened. */
  readonly imagesPerSecond: readonly (number | null)[]
}

const line = z.looseObject({
  kind: z.literal('speed'),
  key: z.string(),
  batch: z.number(),
  rounds: z.number(),
  threads: z.number(),
  environment: z.custom<BenchEnvironment>((value) => typeof value === 'object'),
  imagesPerSecond: z.array(z.number().nullable()),
})

/** How speeds are measured. */
export interface SpeedControl {
  /** 0: chosen by the runtime. */
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** Called before speeds are measured; not if they are read from the folder. */
  readonly onMeasure?: () => void
  /** Called for each run whose model cannot be opened. */
  readonly onFailure?: (run: RunSummary, message: string) => void
}

/**
 * Images per second of the models of some runs. Speeds of separate sessions are not comparable, so
 * all are measured together, or read from the folder's metrics if exactly these runs were measured
 * before.
 */
export async function compareSpeeds(
  folder: RunFolder,
  runs: readonly RunSummary[],
  control: SpeedControl,
): Promise<MeasuredSpeeds> {
  const key = fingerprint(runs, control.threads)
  const known = folder
    .readMetrics()
    .map((each) => line.safeParse(each).data)
    .findLast((each) => each?.key === key)
  if (known) {
    const { kind: _kind, key: _key, ...speeds } = known
    return speeds
  }
  control.onMeasure?.()
  const measured = await measure(runs, control)
  if (!measured.imagesPerSecond.includes(null)) folder.appendMetric({ kind: 'speed', key, ...measured })
  return measured
}

async function measure(runs: readonly RunSummary[], control: SpeedControl): Promise<MeasuredSpeeds> {
  const opened = runs.map((run) => open(run, control))
  const models = opened.filter((model) => model !== undefined)
  const { threads, signal } = control
  const speeds = models.length > 0 ? await measureSpeed(models, { compile: { threads }, signal }) : nothing
  const imagesPerSecond = opened.map((model) =>
    model === undefined ? null : (speeds.imagesPerSecond[models.indexOf(model)] ?? null),
  )
  return { ...speeds, threads, environment: benchEnvironment(), imagesPerSecond }
}

const nothing: Pick<MeasuredSpeeds, 'batch' | 'rounds' | 'imagesPerSecond'> = {
  batch: 0,
  rounds: 0,
  imagesPerSecond: [],
}

function open(run: RunSummary, { onFailure }: SpeedControl): TunedRun | undefined {
  try {
    return openRun(run.run)
  } catch (error) {
    if (!(error instanceof TuningError)) throw error
    onFailure?.(run, error.message)
    return undefined
  }
}

/** Hash of the runs' results and threads. */
function fingerprint(runs: readonly RunSummary[], threads: number): string {
  const results = runs.map(({ run: _run, ...rest }) => rest)
  return createHash('sha256')
    .update(JSON.stringify([results, threads]))
    .digest('hex')
}
