import type { CompileOptions, Precision } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import { createLoader } from '../data/loader/loader.ts'
import { classTruth } from '../data/truths/class.ts'
import { ConfigError, DataError } from '../errors.ts'
import { type Evaluation, evaluate } from '../evaluation/evaluate.ts'
import type { GivenReduction } from '../reduction/options.ts'
import { type ClipRunSettings, testReading } from './settings/clip-settings.ts'
import { definedOnly } from './settings/defined-only.ts'
import { type RunSummary, summarize } from './summary.ts'
import { inferenceBatch } from './training-parts.ts'
import { type InferencePass, type TunedModel, type TunedRun, withReduction } from './tuned-run.ts'

/** What a run is evaluated on, and how. */
export interface EvaluationSettings {
  /** Another dataset with the same classes; its test part is used. Default: the run's own. */
  readonly data?: string | undefined
  readonly pass?: InferencePass | undefined
  /** Another token reduction than the run's own. */
  readonly reduction?: GivenReduction | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  /** Images per pass. Default 64, fewer for large models. */
  readonly batch?: number | undefined
  readonly workers?: number | undefined
  /** Test views of every video other than the run's own. */
  readonly views?: ClipRunSettings['views']
  /** Leave out what cannot be read; the run's own choice by default. */
  readonly skipBad?: boolean | undefined
  readonly compile?: CompileOptions
}

/** A summary with what else an evaluation tells. */
export interface RunEvaluation extends RunSummary {
  readonly pass: InferencePass
  /** Those that were asked for, one for each gate. */
  readonly thresholds?: readonly number[]
  /** Share of images classified right, of every class that has any. */
  readonly perClass: readonly { readonly class: string; readonly images: number; readonly accuracy: number }[]
  /** Inside the model, without loading. */
  readonly imagesPerSecond: number
  readonly precision: Precision
  /** What another precision than fp32 costs: the same images in fp32. */
  readonly fp32?: Fp32Comparison
}

/** A run in another precision beside itself in fp32. */
export interface Fp32Comparison {
  readonly accuracy: number
  readonly activeRate: number
  readonly imagesPerSecond: number
  /** Accuracy minus that of fp32. */
  readonly accuracyDifference: number
}

/**
 * Tests a run on labelled images.
 * @throws DataError where the data has other classes than the run; ConfigError for a reduction that does not fit
 */
export async function evaluateRun(run: TunedRun, wanted: EvaluationSettings = {}): Promise<RunEvaluation> {
  const settings = { ...run.settings, ...definedOnly({ views: wanted.views, skipBad: wanted.skipBad }) }
  checkViews(run, wanted.views)
  const { data = settings.data, pass = 'skip', thresholds } = wanted
  const dataset = classTruth.of(await openDataset(data, settings))
  checkClasses(data, dataset.classes, run.classes)
  const loader = createLoader(dataset.test, {
    ...testReading({ settings, transform: run.transform }),
    batch: wanted.batch ?? usualBatch({ settings }),
    seed: settings.seed,
    cacheMB: 0,
    ...(wanted.workers !== undefined && { workers: wanted.workers }),
  })
  const model = withReduction(run, wanted.reduction)
  const { precision = 'fp32' } = wanted.compile ?? {}
  const evaluateIn = async (compile: CompileOptions): Promise<Evaluation> => {
    const classifier = await model.classifier(pass, compile, { thresholds })
    try {
      return await evaluate(classifier, loader)
    } finally {
      await classifier.release()
    }
  }
  try {
    const evaluation = await evaluateIn({ ...wanted.compile })
    const full = precision === 'fp32' ? undefined : await evaluateIn({ ...wanted.compile, precision: 'fp32' })
    const skipped = loader.bad.size + (dataset.missing?.length ?? 0)
    return {
      ...summarize(run.path, model, evaluation, { seconds: evaluation.seconds, metric: dataset.metric }),
      ...(settings.skipBad && { skipped }),
      data,
      pass,
      ...(thresholds !== undefined && { thresholds }),
      imagesPerSecond: evaluation.images / evaluation.seconds,
      perClass: perClass(evaluation, run.classes),
      precision,
      ...(full && { fp32: compared(evaluation, full) }),
    }
  } finally {
    await loader.close()
  }
}

function compared({ accuracy }: Evaluation, full: Evaluation): Fp32Comparison {
  return {
    accuracy: full.accuracy,
    activeRate: full.activeRate ?? 1,
    imagesPerSecond: full.images / full.seconds,
    accuracyDifference: accuracy - full.accuracy,
  }
}

/** Images per pass of a model, where nothing else is said. */
export function usualBatch({ settings }: Pick<TunedModel, 'settings'>): number {
  return inferenceBatch(settings)
}

function checkViews({ settings }: TunedRun, views: EvaluationSettings['views']): void {
  if (views === undefined) return
  if (settings.frames === undefined)
    throw new ConfigError('eval: views are of videos, and this run is of images. Leave them out.')
  if (views[0] > 1 && settings.resize !== 'crop')
    throw new ConfigError('eval: spatial views need a run with resize: crop. Ask for one.')
}

function perClass({ confusion }: Evaluation, classes: readonly string[]): RunEvaluation['perClass'] {
  return classes.flatMap((name, label) => {
    const row = confusion[label] as readonly number[]
    const images = row.reduce((sum, count) => sum + count, 0)
    return images === 0 ? [] : [{ class: name, images, accuracy: (row[label] as number) / images }]
  })
}

/** @throws DataError where a dataset has other classes than a run */
export function checkClasses(data: string, found: readonly string[], wanted: readonly string[]): void {
  if (found.join('\n') === wanted.join('\n')) return
  const at = wanted.findIndex((name, i) => name !== found[i])
  const first = at < 0 ? wanted.length : at
  throw new DataError(
    `evaluate: ${data} has ${found.length} classes, the run ${wanted.length}; class ${first} is ${found[first] ?? 'missing'}, expected ${wanted[first] ?? 'none'}. Give data with the run's classes.`,
  )
}
