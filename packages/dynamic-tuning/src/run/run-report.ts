import { drawExamples } from '../data/draw-examples.ts'
import type { Example } from '../data/example.ts'
import { sampleWord } from '../data/samples/word.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { headingOf, type Measure, valueIn, valueInterval } from '../evaluation/measure.ts'
import { captionOf } from '../evaluation/picture.ts'
import { curvesOfMetrics } from '../report/metrics-curves.ts'
import { type ReportInput, renderReport } from '../report/page.ts'
import {
  formatCount,
  formatDuration,
  formatMeasure,
  formatPercent,
  intervalText,
} from '../report/quantity.ts'
import type { ReportSection } from '../report/section.ts'
import { smallTestNote } from '../report/small-test.ts'
import { type ClassResults, classSections } from './class-results.ts'
import { explainImages, stripOf, tellingImages } from './explain/explain-images.ts'
import { libraryVersion } from './library-version.ts'
import { shortName } from './short-name.ts'
import type { RunSummary } from './summary.ts'
import type { TunedModel } from './tuned-run.ts'

/** Input of a run's report. */
export interface RunReportInput {
  readonly model: TunedModel
  /** The skipping model, for pictures of its decisions. */
  readonly classifier: Classifier
  readonly summary: RunSummary
  /** Results of each class, if they are known. */
  readonly results?: ClassResults | undefined
  /** The lines of `metrics.jsonl`. */
  readonly records: readonly object[]
  /** Test images to choose pictures from. */
  readonly examples: readonly Example[]
  /** The part of the data that was evaluated while training. */
  readonly heldOut: 'validation' | 'test'
}

/** Number of test images examined for pictures, and number of pictures. */
const [lookedAt, shown] = [60, 9]

/**
 * `report.html` of a run, self-contained: results, curves, active tokens per layer and in pictures, settings.
 */
export async function runReport({
  summary,
  results,
  records,
  heldOut,
  ...rest
}: RunReportInput): Promise<string> {
  const { model } = rest
  const { settings, classes } = model
  const { tuner } = model.network
  return renderReport({
    title: `${tuner.name} on ${shortName(settings.data)}`,
    subtitle: `${tuner.summary}; ${shortName(settings.model)} backbone, ${classes.length} classes, ${settings.epochs} epochs, seed ${settings.seed}`,
    headline: headline(model, summary),
    curves: curvesOfMetrics(records, model.task, `${heldOut} ${sampleWord(settings)}s`),
    ...(settings.dispatch !== 'none' && {
      activeRatePerLayer: summary.activeRatePerLayer.map((rate, layer) => ({ layer, rate })),
      targetRate: settings.rate,
      pictures: await tokenPictures(rest, shown),
    }),
    sections: [...(await viewSections(rest)), ...ofClasses(model, results)],
    settings: { ...settings, 'library version': libraryVersion() },
    notes: notes(model, summary),
  })
}

function ofClasses(
  { task, settings, classes }: TunedModel,
  results: ClassResults | undefined,
): ReportSection[] {
  return results ? classSections({ ...task, word: `${sampleWord(settings)}s` }, results, classes) : []
}

/** Pictures of a model that skips no tokens, if its task has views of them. */
async function viewSections(rest: Parameters<typeof tokenPictures>[0]): Promise<ReportSection[]> {
  const { task, settings } = rest.model
  if (settings.dispatch !== 'none' || task.picture.views === undefined) return []
  return [{ heading: 'Pictures', pictures: await tokenPictures(rest, shown) }]
}

/** Strips of test images with right and wrong answers, with a caption each. */
export async function tokenPictures(
  { model, classifier, examples }: Pick<RunReportInput, 'model' | 'classifier' | 'examples'>,
  count: number,
): Promise<NonNullable<ReportInput['pictures']>> {
  const sample = drawExamples(examples, lookedAt, model.settings.seed, 'pictures')
  const chosen = tellingImages(await explainImages(model, classifier, sample), count)
  const pictures: { png: Uint8Array; caption: string }[] = []
  for (const image of chosen)
    pictures.push({
      png: await stripOf(model, image),
      caption: captionOf(model.task.picture.words(image.portrait.fields)),
    })
  return pictures
}

function headline({ settings, task }: TunedModel, summary: RunSummary): ReportInput['headline'] {
  const [measure] = task.measures
  const { images, activeRate, trainableParams, flops, staticFlops, seconds, skipped = 0 } = summary
  const sample = sampleWord(settings)
  const unreadable = skipped > 0 ? `; ${skipped} file${skipped === 1 ? '' : 's'} left out` : ''
  const active = { label: 'Active tokens', value: formatPercent(activeRate) }
  return [
    {
      label: headingOf(measure),
      value: formatMeasure(measure, valueIn(summary, measure)),
      note: `of ${images} ${settings.testOn} ${sample}s${certainty(summary, measure)}${unreadable}`,
    },
    settings.dispatch !== 'none'
      ? { ...active, note: `target ${formatPercent(settings.rate, 0)}` }
      : { ...active, note: 'no token is skipped' },
    { label: 'Trained parameters', value: formatCount(trainableParams), note: 'head included' },
    {
      label: `FLOPs per ${sample}`,
      value: formatCount(flops),
      note: `${(flops / staticFlops).toFixed(2)} times the static model's`,
    },
    { label: 'Training time', value: formatDuration(seconds), note: `${settings.epochs} epochs` },
  ]
}

/** The interval of the measure, `, 95 % interval 4.7 to 20.1`; empty where none is told. */
function certainty(summary: RunSummary, measure: Measure): string {
  const interval = valueInterval(measure, valueIn(summary, measure), summary.images)
  return interval === null ? '' : `, 95 % interval ${intervalText(interval, measure)}`
}

function notes({ settings, task }: TunedModel, summary: RunSummary): string[] {
  const { run, images } = summary
  const [measure] = task.measures
  const value = valueIn(summary, measure)
  const small = smallTestNote({ images, sample: sampleWord(settings), measure, value })
  const tested =
    settings.dispatch !== 'none'
      ? `${headingOf(measure)} and active tokens are those of the skipping model, which computes active tokens only.`
      : 'Every token passes through every layer.'
  return [
    ...(small === undefined ? [] : [small]),
    tested,
    'FLOPs are multiply-accumulates of matrix products and layer norms, at the shares of active tokens that occurred.',
    `Made by dynamic-tuning ${libraryVersion()} with seed ${settings.seed}; the run folder is ${run}.`,
  ]
}
