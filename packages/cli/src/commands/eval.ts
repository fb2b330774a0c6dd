import { Option } from 'commander'
import {
  ConfigError,
  evaluateRun,
  type GivenReduction,
  type InferenceKind,
  type Measure,
  openRun,
  type RunEvaluation,
  type Task,
} from 'dynamic-tuning'
import { formatMeasure, formatRate, numberIn, valueIn, worstFirst } from 'dynamic-tuning/report'
import { budgetThresholds, withAnswerSettings } from 'dynamic-tuning/settings'
import { type Call, defineCommand } from '../command.ts'
import { answerFlags } from '../options/answer-flags.ts'
import { type CommonOptions, compileOptions, type PrecisionChoice, shared } from '../options/common.ts'
import { finetuneFlag, reductionFlags, reductionGiven, someFinetuneFlags } from '../options/finetune-flags.ts'
import { summaryText } from '../show-summary.ts'
import type { Fact } from '../terminal/facts.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

interface Options extends CommonOptions, PrecisionChoice, GivenReduction {
  readonly data?: string
  readonly pass?: InferenceKind
  readonly batch?: number
  readonly budget?: number
  readonly views?: readonly [number, number]
  readonly skipBad?: boolean
}

export const evalCommand = defineCommand<Options>({
  name: 'eval',
  group: 'Use a trained model',
  summary: 'Measures, active tokens and speed of a run',
  arguments: [['<run>', 'folder of a finetune run']],
  options: [
    finetuneFlag('data', { help: 'other data with the same classes', usual: "the run's own test images" }),
    new Option(
      '--pass <kind>',
      'skip computes active tokens only, masked computes all, complete opens every gate (default skip):',
    ).choices(['skip', 'masked', 'complete']),
    shared.budget(),
    shared.precision(),
    finetuneFlag('batch', { help: 'images per pass', usual: '64, fewer for large models' }),
    ...reductionFlags(),
    ...someFinetuneFlags(['views', 'skipBad']),
    ...answerFlags(),
  ],
  examples: [
    ['dyt eval runs/photos', 'test it again'],
    ['dyt eval runs/photos --pass complete --json', 'as if no token were skipped'],
    ['dyt eval runs/photos --reduction tome --tome-r 8', 'merge tokens of a model trained without'],
    ['dyt eval runs/photos --precision int8', 'matrix products in 8 bits: what does it cost?'],
    ['dyt eval runs/photos --budget 0.6', 'at most 60 % of the static FLOPs, once calibrated'],
  ],
  async run({ args, options, terminal }: Call<Options>) {
    const [path = ''] = args
    const { data, pass, batch, budget, views, skipBad } = options
    if (budget !== undefined && pass === 'complete')
      throw new ConfigError('eval: --budget closes gates, --pass complete opens them. Leave one out.')
    const run = withAnswerSettings(openRun(path), options)
    const thresholds = budget === undefined ? undefined : budgetThresholds(run, budget)
    terminal.note(terminal.notePaint.dim(`testing ${path}`))
    const compile = compileOptions(options)
    const reduction = reductionGiven(options)
    const wanted = { data, pass, batch, thresholds, reduction, compile, views, skipBad }
    const evaluation = await evaluateRun(run, wanted)
    terminal.result(evaluation, () => evaluationText(evaluation, run.task, terminal.paint))
    return undefined
  },
})

const mostClasses = 30

/** Effect of a precision: `mean IoU in fp32   75.3 %   int8: -0.1 points, 2.1 times ...`. */
function precisionFact(
  { precision, imagesPerSecond }: RunEvaluation,
  fp32: NonNullable<RunEvaluation['fp32']>,
  measure: Measure,
): Fact {
  const difference = numberIn(fp32, `${measure.name}Difference`) ?? Number.NaN
  const change = `${difference < 0 ? '' : '+'}${changeText(measure, difference)}`
  const speed = `${(imagesPerSecond / fp32.imagesPerSecond).toFixed(2)} times the images per second`
  return [
    `${measure.title} in fp32`,
    formatMeasure(measure, valueIn(fp32, measure)),
    `${precision}: ${change}, ${speed}`,
  ]
}

const changeText = ({ unit }: Measure, difference: number): string =>
  unit === 'share' ? `${(100 * difference).toFixed(1)} points` : difference.toFixed(3)

function evaluationText(evaluation: RunEvaluation, task: Task, paint: Paint): string {
  const { perClass, imagesPerSecond } = evaluation
  const { classMeasures, measures } = task
  const [rank] = classMeasures
  const worst = worstFirst(perClass, rank, (row) => valueIn(row, rank)).slice(0, mostClasses)
  const rows = worst.map((row) => [
    row.class,
    row.images,
    ...classMeasures.map((measure) => formatMeasure(measure, valueIn(row, measure))),
  ])
  const heading =
    perClass.length > worst.length
      ? `The ${worst.length} hardest of ${perClass.length} classes`
      : 'Classes, hardest first'
  const speed: Fact[] = [['images per second', formatRate(imagesPerSecond), 'inside the model']]
  if (evaluation.fp32) speed.push(precisionFact(evaluation, evaluation.fp32, measures[0]))
  const heads = ['class', 'images', ...classMeasures.map(({ title }) => title)]
  return `${summaryText(evaluation, paint, speed)}\n${heading}\n\n${renderTable(heads, rows, { paint })}`
}
