import type { CompileOptions, Precision } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import { createLoader, type Loader } from '../data/loader/loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { ConfigError, DataError } from '../errors.ts'
import { type Evaluation, evaluate } from '../evaluation/evaluate.ts'
import { type Measure, valueIn } from '../evaluation/measure.ts'
import type { ClassScore } from '../evaluation/tally.ts'
import type { InferenceKind } from '../network/pass.ts'
import type { GivenReduction } from '../reduction/options.ts'
import { type ClipRunSettings, testReading } from './settings/clip-settings.ts'
import { definedOnly } from './settings/defined-only.ts'
import { type RunSummary, summarize } from './summary.ts'
import { inferenceBatch } from './training-parts.ts'
import { type TunedModel, type TunedRun, withReduction } from './tuned-run.ts'

/** Data and settings of an evaluation. */
export interface EvaluationSettings {
  /** Another dataset with the same classes; its test part is used. Default: the run's own. */
  readonly data?: string | undefined
  readonly pass?: InferenceKind | undefined
  /** A token reduction instead of the run's own. */
  readonly reduction?: GivenReduction | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  /** Images per pass. Default 64, fewer for large models. */
  readonly batch?: number | undefined
  readonly workers?: number | undefined
  /** Test views of every video instead of the run's own. */
  readonly views?: ClipRunSettings['views']
  /** True to leave out unreadable samples. Default: as the run did. */
  readonly skipBad?: boolean | undefined
  readonly compile?: CompileOptions
}

/** Results of an evaluation. */
export interface RunEvaluation extends RunSummary {
  readonly pass: InferenceKind
  /** The requested thresholds, one for each gate. */
  readonly thresholds?: readonly number[]
  /** Every class that has samples, each with the task's class measures under their names. */
  readonly perClass: readonly ClassRow[]
  /** Speed of the model, without loading. */
  readonly imagesPerSecond: number
  readonly precision: Precision
  /** Comparison with fp32 on the same images, if the precision is another. */
  readonly fp32?: Fp32Comparison
}

/** Results for one class. */
export type ClassRow = Omit<ClassScore, 'measures'>

/**
 * Comparison of another precision with fp32. It also has the primary measure in fp32 under the measure's
 * name, and the difference to it under that name with `Difference`: `meanIouDifference`.
 */
export interface Fp32Comparison {
  readonly activeRate: number
  readonly imagesPerSecond: number
}

/** The field of `Fp32Comparison` with the difference in a measure. */
export function differenceIn(fp32: Fp32Comparison, { name }: Measure): number {
  return valueIn(fp32, { name: `${name}Difference` })
}

/**
 * Tests a run on labelled images.
 * @throws DataError if the data has other classes than the run; ConfigError for a reduction that does not fit
 * @example
 * ```ts
 * import { evaluateRun, openRun, valueIn } from 'dynamic-tuning'
 *
 * const run = openRun('runs/photos')
 * const evaluation = await evaluateRun(run)
 * console.log(valueIn(evaluation, run.task.measures[0]), evaluation.activeRate)
 * ```
 */
export async function evaluateRun(run: TunedRun, wanted: EvaluationSettings = {}): Promise<RunEvaluation> {
  checkViews(run, wanted.views)
  const settings = { ...run.settings, ...definedOnly({ views: wanted.views, skipBad: wanted.skipBad }) }
  const { data = settings.data } = wanted
  const dataset = run.task.truth.of(await openDataset(data, settings))
  checkClasses(data, dataset.classes, run.classes)
  const loader = createLoader(dataset.test, {
    ...testReading({ settings, transform: run.transform }),
    batch: wanted.batch ?? usualBatch({ settings }),
    seed: settings.seed,
    cacheMB: 0,
    ...(wanted.workers !== undefined && { workers: wanted.workers }),
  })
  try {
    const model = withReduction(run, wanted.reduction)
    const found = await evaluateModel(model, loader, wanted)
    if (found.images === 0) throw new DataError(`evaluate: none of the test samples of ${data} can be read.`)
    const summary = summarize(run.path, model, found, { seconds: found.seconds, average: dataset.average })
    const skipped = loader.bad.size + (dataset.missing?.length ?? 0)
    const more = await moreFigures(model, loader, wanted, found)
    return { ...summary, ...(settings.skipBad && { skipped }), data, ...more }
  } finally {
    await loader.close()
  }
}

type ModelChoices = Pick<EvaluationSettings, 'pass' | 'thresholds' | 'compile'>

async function evaluateModel(
  model: TunedModel,
  loader: Loader,
  { pass, thresholds, compile }: ModelChoices,
): Promise<Evaluation> {
  const classifier = await model.classifier(pass, compile, { thresholds })
  try {
    return await evaluate(classifier, loader, model.task.tally(model))
  } finally {
    await classifier.release()
  }
}

/** Results beside the summary, including the comparison with fp32. */
async function moreFigures(
  model: TunedModel,
  loader: Loader,
  wanted: ModelChoices,
  found: Evaluation,
): Promise<Omit<RunEvaluation, keyof RunSummary>> {
  const { pass = 'skip', thresholds, compile } = wanted
  const { precision = 'fp32' } = compile ?? {}
  const full =
    precision === 'fp32'
      ? undefined
      : await evaluateModel(model, loader, { ...wanted, compile: { ...compile, precision: 'fp32' } })
  return {
    pass,
    ...(thresholds !== undefined && { thresholds }),
    imagesPerSecond: found.images / found.seconds,
    perClass: found.perClass.map(({ measures, ...row }) => ({ ...row, ...measures })),
    precision,
    ...(full && { fp32: comparison(model.task.measures[0], found, full) }),
  }
}

function comparison(primary: Measure, found: Evaluation, full: Evaluation): Fp32Comparison {
  const { name } = primary
  const before = valueIn(full.measures, primary)
  return {
    [name]: before,
    activeRate: full.activeRate ?? 1,
    imagesPerSecond: full.images / full.seconds,
    [`${name}Difference`]: valueIn(found.measures, primary) - before,
  }
}

/** Default number of images per pass for a model. */
export function usualBatch({ settings }: Pick<TunedModel, 'settings'>): number {
  return inferenceBatch(settings)
}

function checkViews({ settings }: TunedRun, views: EvaluationSettings['views']): void {
  if (views === undefined) return
  if (!sampleOf(settings).moving)
    throw new ConfigError('eval: views are of videos, and this run is of images. Leave them out.')
  if (views[0] > 1 && settings.resize !== 'crop')
    throw new ConfigError('eval: spatial views need a run with resize: crop. Ask for one.')
}

/** @throws DataError if a dataset has other classes than a run */
export function checkClasses(data: string, found: readonly string[], wanted: readonly string[]): void {
  if (found.join('\n') === wanted.join('\n')) return
  const at = wanted.findIndex((name, i) => name !== found[i])
  const first = at < 0 ? wanted.length : at
  throw new DataError(
    `evaluate: ${data} has ${found.length} classes, the run ${wanted.length}; class ${first} is ${found[first] ?? 'missing'}, expected ${wanted[first] ?? 'none'}. Give data with the run's classes.`,
  )
}
