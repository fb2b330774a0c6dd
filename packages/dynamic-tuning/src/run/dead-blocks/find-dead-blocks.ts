import type { CompileOptions } from '@dynamic-tuning/engine'
import { modelCost } from '../../cost/model-cost.ts'
import { openDataset } from '../../data/dataset.ts'
import { drawExamples } from '../../data/draw-examples.ts'
import { createLoader } from '../../data/loader/loader.ts'
import { ConfigError } from '../../errors.ts'
import type { GateActivity } from '../../evaluation/gate-activity.ts'
import { type Measure, numberIn, valueIn } from '../../evaluation/measure.ts'
import type { Site } from '../../tuners/parts.ts'
import type { BlockForm } from '../../tuners/tuner.ts'
import { checkClasses, usualBatch } from '../evaluate-run.ts'
import { testReading } from '../settings/clip-settings.ts'
import type { TunedModel } from '../tuned-run.ts'
import { type Answers, answersOf, farthest, type Questions, scaleOf } from './answers.ts'

/** When a block counts as dead, and how it is removed. */
export interface DeadBlockSettings {
  /** Share of patch tokens (at sample level, of images) at or below which a block is dead. Default 0. */
  readonly limit?: number | undefined
  /** True to remove dead blocks completely even if that changes the outputs. */
  readonly drop?: boolean | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  /** Number of validation images, drawn at random. Default: all. */
  readonly images?: number | undefined
  readonly workers?: number | undefined
  readonly compile?: CompileOptions
}

/** A dead block and its remaining form. */
export interface DeadBlock extends Site {
  /** Share of patch tokens (or images) its gate let through. */
  readonly rate: number
  readonly form: Exclude<BlockForm, 'dispatched'>
  readonly paramsSaved: number
  /** Multiply-accumulates of an image. */
  readonly flopsSaved: number
}

/**
 * The dead blocks of a run, and how removing them changes the results on the validation images. It
 * also has the values of the task's primary measure before and after, under the measure's name: read
 * them with `changeIn`.
 */
export interface DeadBlocks {
  readonly limit: number
  readonly images: number
  /** True if the data has no validation part, so that these are test images. */
  readonly validationIsTest: boolean
  /** The form of the block behind each gate, [D]. */
  readonly blocks: readonly BlockForm[]
  readonly dead: readonly DeadBlock[]
  readonly params: { readonly before: number; readonly after: number }
  readonly flops: { readonly before: number; readonly after: number }
  readonly largestDifference: number
  /** The largest absolute output before, the reference for differences. */
  readonly logitScale: number
  /** Number of images with another answer. */
  readonly labelsChanged: number
}

/** A measure before and after dead blocks are removed. */
export function changeIn(found: DeadBlocks, { name }: Measure): { before: number; after: number } {
  const change: unknown = Reflect.get(found, name)
  const value = (when: string): number | undefined =>
    typeof change === 'object' && change !== null ? numberIn(change, when) : undefined
  return { before: value('before') ?? Number.NaN, after: value('after') ?? Number.NaN }
}

/** Differences up to this share of the largest output are rounding. */
const rounding = 1e-5

/**
 * Finds the blocks that let (almost) no token through on the run's validation images. Each is removed
 * completely if that does not change the outputs; otherwise it still processes the class token, which no gate
 * stops.
 * @throws ConfigError for runs without dispatch; DataError if the run's data is missing
 */
export async function findDeadBlocks(model: TunedModel, wanted: DeadBlockSettings = {}): Promise<DeadBlocks> {
  const { settings, transform } = model
  if (settings.dispatch === 'none')
    throw new ConfigError(
      `export: this run of ${settings.method} dispatches nothing, no block can be dead. Leave --dead-blocks out.`,
    )
  if (settings.reduction !== 'none')
    throw new ConfigError(
      `export: this run merges tokens (${settings.reduction}), and dead blocks are told by patches. Leave --dead-blocks out.`,
    )
  const dataset = model.task.truth.of(await openDataset(settings.data, settings))
  checkClasses(settings.data, dataset.classes, model.classes)
  const { length } = dataset.validation
  const examples = drawExamples(dataset.validation, wanted.images ?? length, settings.seed, 'calibrate')
  const { workers, compile = {} } = wanted
  // One view of each video is enough: a block is dead for all views.
  const reading = {
    ...testReading({ settings, transform }, [1, 1]),
    batch: usualBatch(model),
    seed: settings.seed,
  }
  const loader = createLoader(examples, { ...reading, ...(workers !== undefined && { workers }) })
  try {
    const validationIsTest = dataset.validation === dataset.test
    return { ...(await find({ model, loader, compile }, wanted)), validationIsTest }
  } finally {
    await loader.close()
  }
}

async function find(
  questions: Questions,
  wanted: DeadBlockSettings,
): Promise<Omit<DeadBlocks, 'validationIsTest'>> {
  const { model } = questions
  const { limit = 0, drop = false, thresholds } = wanted
  const before = await answersOf(questions, { thresholds })
  const kept = before.gates.map(({ rate }): BlockForm => (rate <= limit ? 'prefix' : 'dispatched'))
  const all = kept.map((form): BlockForm => (form === 'prefix' ? 'dropped' : form))
  const dropsAll = drop || model.settings.dispatchLevel === 'sample'
  const blocks = dropsAll ? all : await withoutNeedless(questions, { kept, before, ...wanted })
  const after = await answersOf(questions, { thresholds, blocks })
  const differences = after.outputs.map((batch, i) => farthest(batch, before.outputs[i]))
  const [measure] = model.task.measures
  return {
    limit,
    images: before.said.length,
    blocks,
    ...savings(model, before.gates, blocks),
    largestDifference: Math.max(...differences),
    logitScale: scaleOf(before),
    labelsChanged: before.said.filter((answer, i) => answer !== after.said[i]).length,
    [measure.name]: {
      before: valueIn(before.score.measures, measure),
      after: valueIn(after.score.measures, measure),
    },
  }
}

/**
 * Removes completely, from the last to the first, every block whose effect on the class token is not needed.
 */
async function withoutNeedless(
  questions: Questions,
  { kept, before, limit = 0, thresholds }: DeadBlockSettings & { kept: BlockForm[]; before: Answers },
): Promise<BlockForm[]> {
  // Above a limit of 0 some patch tokens are lost anyway: compare only the effect of the class token.
  const reference = limit === 0 ? before : await answersOf(questions, { thresholds, blocks: kept })
  const most = rounding * scaleOf(reference)
  let blocks = kept
  for (const gate of [...kept.keys()].reverse()) {
    if (kept[gate] !== 'prefix') continue
    const trial = blocks.with(gate, 'dropped')
    let same = true
    await answersOf(questions, { thresholds, blocks: trial }, (outputs, batch) => {
      same &&= farthest(outputs, reference.outputs[batch]) <= most
      return same
    })
    if (same) blocks = trial
  }
  return blocks
}

function savings(
  { network }: TunedModel,
  gates: readonly GateActivity[],
  blocks: readonly BlockForm[],
): Pick<DeadBlocks, 'dead' | 'params' | 'flops'> {
  const cost = (forms: readonly BlockForm[]) => modelCost({ network, gates, blocks: forms })
  const none = gates.map((): BlockForm => 'dispatched')
  const [before, after] = [cost(none), cost(blocks)]
  const dead = gates.flatMap(({ layer, part, rate }, gate): DeadBlock[] => {
    const form = blocks[gate] as BlockForm
    if (form === 'dispatched') return []
    const alone = cost(none.with(gate, form))
    const paramsSaved = before.params.total - alone.params.total
    return [{ layer, part, rate, form, paramsSaved, flopsSaved: before.flops.total - alone.flops.total }]
  })
  return {
    dead,
    params: { before: before.params.total, after: after.params.total },
    flops: { before: before.flops.total, after: after.flops.total },
  }
}
