import { modelCost } from '../cost/model-cost.ts'
import { staticFlops } from '../cost/static-flops.ts'
import type { Dataset } from '../data/example.ts'
import { sampleOf } from '../data/samples/registry.ts'
import type { Evaluation } from '../evaluation/evaluate.ts'
import type { GateActivity } from '../evaluation/gate-activity.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { depthOf } from '../models/families.ts'
import { usualTask } from '../tasks/registry.ts'
import { usualMeasure } from '../tasks/task.ts'
import { peakMemoryMB } from './peak-memory.ts'
import type { TunedModel } from './tuned-run.ts'

/**
 * How good a tuned model is and what it costs; the JSON of `finetune` and `eval`. The values of the task's measures stand
 * beside these fields under their own names: read them with `valueIn`.
 */
export interface RunSummary {
  readonly run: string
  readonly method: string
  /** `none`, or how tokens left from layer to layer. */
  readonly reduction: string
  readonly model: string
  readonly data: string
  /** The task by its name in the registry; absent for its first one. */
  readonly task?: string | undefined
  /** Name of the measure that publications report on this dataset. */
  readonly metric: string
  /** The task's loss, mean over test images. */
  readonly loss: number
  readonly images: number
  /** Share of the patch tokens present that enter the MLPs; 1 for methods without dispatch. */
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  /** Each dispatcher by itself; empty without dispatch. */
  readonly gates: readonly GateActivity[]
  /** Everything that was trained, head included. */
  readonly trainableParams: number
  /** Multiply-accumulates of an image, at the shares of active tokens that occurred. */
  readonly flops: number
  /** The same without any adapter and with every token. */
  readonly staticFlops: number
  readonly seconds: number
  /** Of training alone: share of the time of steps spent waiting for images. */
  readonly loaderWaitShare?: number
  readonly peakMemoryMB: number
  readonly seed: number
  /** Files that could not be read or were not there, of a run with `skipBad`. */
  readonly skipped?: number
  /** Frames of a clip, of a run on videos: `images` are clips then, and FLOPs are of a clip, one view. */
  readonly frames?: number
}

/** What a summary tells beside an evaluation. */
interface SummaryMeasures extends Pick<RunSummary, 'seconds' | 'loaderWaitShare'> {
  readonly average?: Dataset['average'] | undefined
}

/** Puts together what an evaluation and the graph's cost tell of a model. */
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
    metric: usualMeasure(task, average).name,
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

/** The summary that a run ended with; undefined where it has not ended. */
export function storedSummary(run: RunFolder): RunSummary | undefined {
  const line = run.readMetrics().findLast((each) => 'kind' in each && each.kind === 'result')
  if (line === undefined) return undefined
  const { kind: _kind, step: _step, ...summary } = line as RunSummary & { kind: string; step: number }
  return { ...summary, run: run.path }
}
