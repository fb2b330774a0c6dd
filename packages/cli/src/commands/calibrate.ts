import { Option } from 'commander'
import { type Calibration, calibrateRun, type Measure, openRun } from 'dynamic-tuning'
import {
  curveCells,
  formatCount,
  formatPercent,
  roundedUp,
  targetText,
  thresholdText,
  valueIn,
} from 'dynamic-tuning/report'
import { type Call, defineCommand } from '../command.ts'
import type { CommonOptions } from '../options/common.ts'
import { dropFlags, dropGiven } from '../options/drop.ts'
import { finetuneFlag } from '../options/finetune-flags.ts'
import { milliseconds } from '../options/milliseconds.ts'
import { integer, number } from '../options/numbers.ts'
import { quoted } from '../run-name.ts'
import { namedScore } from '../score-text.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

interface Options extends CommonOptions {
  readonly flops?: number
  readonly latency?: number
  readonly scope?: 'global' | 'per-layer'
  readonly images?: number
  readonly points?: number
  readonly evaluations?: number
  readonly batch?: number
}

export const calibrateCommand = defineCommand<Options>({
  name: 'calibrate',
  group: 'Use a trained model',
  summary: 'Choose a compute budget for a trained run, without training again',
  description:
    'Measures the run at many gate thresholds on validation images (test images where the data has no validation part), from every gate open to every gate closed. Writes budgets.json and calibrate.html into the run folder; predict, eval and export then take --budget SHARE.',
  arguments: [['<run>', 'folder of a finetune run that dispatches']],
  options: [
    new Option('--flops <share>', "find the best within this share of the static model's FLOPs").argParser(
      number(0),
    ),
    new Option('--latency <time>', 'find the best within a time per batch, such as 20ms').argParser(
      milliseconds,
    ),
    ...dropFlags(),
    new Option('--scope <kind>', 'one threshold for all gates, or one for each (default global):').choices([
      'global',
      'per-layer',
    ]),
    new Option('--images <n>', 'images to look at, drawn at random (default all)').argParser(integer(1)),
    new Option('--points <n>', 'points of the curve (default 13)').argParser(integer(11)),
    new Option('--evaluations <n>', 'the most of the search per-layer (default 100)').argParser(integer(1)),
    finetuneFlag('batch', { help: 'images per pass of --latency', usual: '1' }),
  ],
  examples: [
    ['dyt calibrate runs/photos', 'the curve alone'],
    [`dyt calibrate runs/photos --flops 0.6 ${dropFlags()[0]?.long} 0.5`, 'two targets'],
    ['dyt calibrate runs/photos --latency 20ms --scope per-layer', 'a threshold for each gate'],
  ],
  async run({ args: [path = ''], options, terminal }: Call<Options>) {
    const { latency: latencyMs, threads, device, ...wanted } = options
    const run = openRun(path)
    const compile = { ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) }
    const calibration = await calibrateRun(run, {
      ...wanted,
      drop: dropGiven(options, run.task),
      latencyMs,
      compile,
      onEvaluation: (done, total) => terminal.progress.update({ label: 'measuring', done, total }),
    })
    terminal.result(calibration, () => calibrationText(calibration, run.task.measures[0], terminal.paint))
    return undefined
  },
})

function calibrationText(calibration: Calibration, measure: Measure, paint: Paint): string {
  const { points, images, validationIsTest, targets, files, staticFlops, run } = calibration
  const part = validationIsTest ? 'test images (the data has no validation part)' : 'validation images'
  return [
    `${paint.bold('One trained model at many budgets')}, ${images} ${part}; static model ${formatCount(staticFlops)} FLOPs\n`,
    renderTable(
      heads(calibration, measure),
      points.map((point) => curveCells(calibration, point, measure)),
      { paint },
    ),
    ...targets.map(
      (target) =>
        `${paint.bold(targetText(target, measure))}: threshold ${thresholdText(target.point)}, ${formatPercent(target.point.share)} of the static FLOPs, ${namedScore(measure, valueIn(target.point, measure))}\n  ${paint.dim(`dyt export ${quoted(run)} --budget ${roundedUp(target.point.share)}`)}`,
    ),
    `${paint.dim('plots')} ${files.page}\n${paint.dim('budgets')} ${files.budgets}\n`,
  ].join('\n')
}

const heads = ({ latencyBatch }: Calibration, { title }: Measure): string[] => [
  ...['threshold', 'active', 'FLOPs', 'of static', title, 'envelope', 'loss', 'images/s'],
  ...(latencyBatch === undefined ? [] : ['latency']),
  'note',
]
