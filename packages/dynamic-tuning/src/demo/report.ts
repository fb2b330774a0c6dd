import { present } from '@dynamic-tuning/engine'
import type { Example } from '../data/example.ts'
import { headingOf, type Measure, shownValue, valueIn, valueInterval } from '../evaluation/measure.ts'
import { heldOutCurves } from '../report/held-out-curves.ts'
import { type CurveChart, curvesOfMetrics } from '../report/metrics-curves.ts'
import { type ReportInput, renderReport } from '../report/page.ts'
import { formatCount, formatMeasure, formatPercent, formatRate } from '../report/quantity.ts'
import { libraryVersion } from '../run/library-version.ts'
import { tokenPictures } from '../run/run-report.ts'
import type { RunSummary } from '../run/summary.ts'
import type { TunedRun } from '../run/tuned-run.ts'
import { type DemoMethod, type DemoSettings, demoInput, demoTitles } from './settings.ts'

/** Result and cost of one method of the demo. */
export interface DemoResult extends RunSummary {
  readonly method: DemoMethod
  /**
   * Speed of the inference model (for `dyt` the skipping one), measured in turn with the others on
   * the same batch.
   */
  readonly imagesPerSecond: number
}

/** The tuned model of one method. */
export interface DemoRun {
  readonly method: DemoMethod
  readonly run: TunedRun
}

const pictures = 9

/** The demo's `report.html`: all methods side by side, and what the dispatchers of `dyt` learned to skip. */
export async function demoReport(
  settings: DemoSettings,
  results: readonly DemoResult[],
  runs: readonly DemoRun[],
  examples: readonly Example[],
): Promise<string> {
  const dyt = present(runs.find(({ method }) => method === 'dyt')?.run, 'the run of dyt')
  const [measure] = dyt.task.measures
  const result = resultOf(results, 'dyt')
  const classifier = await dyt.classifier()
  try {
    const { epochs, trainSize, batch } = dyt.settings
    return renderReport({
      title: `Four ways to adapt one ViT: ${settings.task}`,
      subtitle: `${settings.model === 'builtin' ? 'The built-in backbone' : settings.model} tuned on ${trainSize} drawn images of ${dyt.classes.length} classes, ${epochs} epochs of batch ${batch}, seed ${settings.seed}. Every method saw the same images.`,
      headline: headline(results, result, dyt.settings.rate, measure),
      // One process trains all of them, so a memory peak belongs to no single method.
      methods: {
        measure,
        sample: 'image',
        rows: results.map(({ peakMemoryMB: _peak, ...each }) => ({
          ...each,
          method: demoTitles[each.method],
          score: valueIn(each, measure),
          interval: valueInterval(measure, valueIn(each, measure), each.images),
        })),
      },
      curves: curves(runs, dyt),
      activeRatePerLayer: result.activeRatePerLayer.map((rate, layer) => ({ layer, rate })),
      targetRate: dyt.settings.rate,
      pictures: await tokenPictures({ model: dyt, classifier, examples }, pictures),
      settings: { ...demoInput('dyt', settings), 'library version': libraryVersion() },
      notes: notes(result, measure),
    })
  } finally {
    await classifier.release()
  }
}

function resultOf(results: readonly DemoResult[], method: DemoMethod): DemoResult {
  return present(
    results.find((each) => each.method === method),
    `the result of ${method}`,
  )
}

function headline(
  results: readonly DemoResult[],
  dyt: DemoResult,
  rate: number,
  measure: Measure,
): ReportInput['headline'] {
  const of = (method: DemoMethod): DemoResult => resultOf(results, method)
  // Both run the same graph.
  const staticSpeed = (of('linear').imagesPerSecond + of('full').imagesPerSecond) / 2
  const gain = shownValue(measure, valueIn(dyt, measure) - valueIn(of('linear'), measure))
  return [
    {
      label: `${headingOf(measure)} of DyT`,
      value: formatMeasure(measure, valueIn(dyt, measure)),
      note: `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(1)} points to the linear probe`,
    },
    {
      label: 'Active tokens',
      value: formatPercent(dyt.activeRate),
      note: `target ${formatPercent(rate, 0)}; the others skip their MLP`,
    },
    {
      label: 'FLOPs per image',
      value: formatCount(dyt.flops),
      note: `${(dyt.flops / dyt.staticFlops).toFixed(2)} times the static model's`,
    },
    {
      label: 'Images per second',
      value: formatRate(dyt.imagesPerSecond),
      note: `${(dyt.imagesPerSecond / staticSpeed).toFixed(2)} times the static model's`,
    },
    {
      label: 'Trained parameters',
      value: formatCount(dyt.trainableParams),
      note: `${formatPercent(dyt.trainableParams / of('full').trainableParams)} of full tuning's`,
    },
  ]
}

function curves(runs: readonly DemoRun[], dyt: TunedRun): CurveChart[] {
  const records = runs.map(({ method, run }) => ({
    name: demoTitles[method],
    lines: run.folder.readMetrics(),
  }))
  const own = curvesOfMetrics(dyt.folder.readMetrics(), dyt.task, 'test images')
  const ofDyt = ['Active tokens in training', 'Loss terms'].flatMap((title) =>
    own
      .filter((chart) => chart.title === title)
      .map((chart) => ({ ...chart, title: `DyT: ${lower(title)}` })),
  )
  return [...heldOutCurves(records, 'image', dyt.task), ...ofDyt]
}

const lower = (title: string): string => title.slice(0, 1).toLowerCase() + title.slice(1)

function notes({ images, run, ...result }: DemoResult, measure: Measure): string[] {
  const known = valueInterval(measure, valueIn(result, measure), images) !== null
  const interval = known ? "; its 95 % interval is Wilson's, for a share of so many images" : ''
  return [
    `${headingOf(measure)} is over ${images} test images that no method saw in training${interval}.`,
    'Images per second were measured in this run, in turn on the same batch, without loading images. Linear probe and full tuning run the same static model.',
    'FLOPs are multiply-accumulates; those of DyT are an average over the test images, from the tokens that really were active.',
    `Each method has a run folder of its own with its settings, metrics, weights and report; that of DyT is ${run}. model.onnx beside this page is its skipping model.`,
    `Made by dynamic-tuning ${libraryVersion()}.`,
  ]
}
