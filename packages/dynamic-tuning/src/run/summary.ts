import { modelCost } from '../cost/model-cost.ts'
import { staticFlops } from '../cost/static-flops.ts'
import type { Dataset } from '../data/example.ts'
import { sampleOf } from '../data/samples/registry.ts'
import type { Evaluation } from '../evaluation/evaluate.ts'
import type { GateActivity } from '../evaluation/gate-activity.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { depthOf } from '../models/families.ts'
import { taskNamed, usualTask } from '../tasks/registry.ts'
import { usualMeasure } from '../tasks/task.ts'
import { peakMemoryMB } from './peak-memory.ts'
import type { TunedModel } from './tuned-run.ts'

/**
 * Results and cost of a tuned model; the JSON of `finetune` and `eval`. It also has the values of the task's
 * measures under their names: read them with `valueIn`.
 */
export interface RunSummary {
  readonly run: string
  readonly method: string
  /** `none`, or how tokens were reduced from layer to layer. */
  readonly reduction: string
  readonly model: string
  readonly data: string
  /** The task's name in the registry; absent for the default one. */
  readonly task?: string | undefined
  /** Name of the measure that papers report on this dataset. */
  readonly metric: string
  /** The task's loss, mean over test images. */
  readonly loss: number
  readonly images: number
  /** Share of the remaining patch tokens that enter the MLPs; 1 for methods without dispatch. */
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  /** Activity of each dispatcher; empty without dispatch. */
  readonly gates: readonly GateActivity[]
  /** Number of all trained parameters, head included. */
  readonly trainableParams: number
  /** Multiply-accumulates of an image, at the observed shares of active tokens. */
  readonly flops: number
  /** Multiply-accumulates without adapters and with every token. */
  readonly staticFlops: number
  readonly seconds: number
  /** For training only: share of the time of steps spent waiting for images. */
  readonly loaderWaitShare?: number
  readonly peakMemoryMB: number
  readonly seed: number
  /** Number of unreadable or missing files, for a run with `skipBad`. */
  readonly skipped?: number
  /**
   * Frames of a clip, for a run on videos: `images` then counts clips, and FLOPs are per clip, with one view.
   */
  readonly frames?: number
}

/** Figures of a summary beside an evaluation's. */
interface SummaryMeasures extends Pick<RunSummary, 'seconds' | 'loaderWaitShare'> {
  readonly average?: Dataset['average'] | undefined
}

/** Makes a summary from an evaluation and the cost of the graph. */
export function summarize(
  run: string,
  { settings, config, network, task }: TunedModel,
  evaluation: Evaluation,
  { seconds, loaderWaitShare, average }: SummaryMeasures,
): RunSummary {
  const rates = evaluation.activeRatePerLayer ?? new Array<number>(depthOf(config)).fill(1)
  const { gates } = evaluation
  const cost = modelCost({ network, gates })
  return {
    run,
    method: settings.method,
    reduction: settings.reduction,
    model: settings.model,
    data: settings.data,
    ...(task !== usualTask && { task: task.name }),
    ...evaluation.measures,
    metric: usualMeasure(taskNamed(settings.task), average).name,
    loss: evaluation.loss,
    images: evaluation.images,
    activeRate: evaluation.activeRate ?? 1,
    activeRatePerLayer: rates,
    gates,
    trainableParams: cost.params.trainable,
    flops: cost.flops.total,
    staticFlops: staticFlops(network),
    seconds,
    ...(loaderWaitShare !== undefined && { loaderWaitShare }),
    peakMemoryMB: Math.round(peakMemoryMB()),
    seed: settings.seed,
    ...sampleOf(settings).facts,
  }
}

type StoredLine = RunSummary & {
  readonly kind: string
  readonly step: number
  readonly perClass?: unknown
  readonly confusion?: unknown
}

/** The last line of a finished run's metrics, which holds its result; undefined if it has not finished. */
export function resultLine(run: RunFolder): object | undefined {
  return run.readMetrics().findLast((each) => 'kind' in each && each.kind === 'result')
}

/** The summary of a finished run; undefined if it has not finished. */
export function storedSummary(run: RunFolder): RunSummary | undefined {
  const line = resultLine(run)
  if (line === undefined) return undefined
  const {
    kind: _kind,
    step: _step,
    perClass: _classes,
    confusion: _confusion,
    ...summary
  } = line as StoredLine
  return { ...summary, run: run.path }
}
