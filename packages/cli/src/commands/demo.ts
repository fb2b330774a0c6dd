import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import {
  type DemoOutcome,
  type DemoTask,
  demo,
  demoMethods,
  demos,
  demoTasks,
  demoTitles,
} from 'dynamic-tuning/demo'
import { stoppedCode } from 'dynamic-tuning/io'
import {
  formatCount,
  formatDuration,
  formatMeasure,
  formatPercent,
  formatRate,
  intervalText,
  valueIn,
  valueInterval,
} from 'dynamic-tuning/report'
import { type Measure, taskNamed } from 'dynamic-tuning/tasks'
import { type Call, defineCommand } from '../command.ts'
import { metricNumber } from '../metric-number.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { quoted } from '../run-name.ts'
import { namedScore, scoreOfStep } from '../score-text.ts'
import { bars } from '../terminal/bars.ts'
import { renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

const titles = new Map<string, string>(Object.entries(demoTitles))

interface Options extends CommonOptions {
  readonly task?: DemoTask
  readonly model?: string
  readonly quick?: boolean
  readonly out?: string
}

export const demoCommand = defineCommand<Options>({
  name: 'demo',
  group: 'Start here',
  summary: 'The whole story in about two minutes, without any download',
  description:
    'Tunes the built-in backbone on a drawn task with a linear probe, full tuning, AdaptFormer and Dynamic Tuning, compares them in one table, and writes a report with the tokens that Dynamic Tuning learned to skip.',
  options: [
    new Option('--task <name>', 'what is drawn, or the task (default nature)').choices([...demoTasks]),
    new Option('--quick', 'a small part of the work: does it run here?'),
    new Option('--model <path>', 'weights of another backbone (default builtin)'),
    shared.out('folder of the runs and the report (default runs/demo, then runs/demo-2, ...)'),
  ],
  examples: [
    ['dyt demo', 'start here'],
    ['dyt demo --task count', 'how many shapes are there?'],
    ['dyt demo --task segmentation', 'which pixels are sky, tree, water?'],
  ],
  stoppable: true,
  async run({ options, terminal, signal }: Call<Options>) {
    const { task = 'nature', model, quick, seed, threads } = options
    const [measure] = taskNamed(demos[task].task).measures
    const out = options.out ?? freeFolder(join('runs', 'demo'))
    terminal.note(`${terminal.notePaint.bold('dyt demo')}: four ways to adapt one ViT, into ${out}`)
    const outcome = await demo(
      { task, model, quick, seed, threads },
      { out, signal, ...display(terminal, measure) },
    )
    if (outcome === undefined) {
      terminal.note(`Stopped. ${out} holds what was finished; start again with: dyt demo`)
      return stoppedCode
    }
    terminal.result(outcome, () => outcomeText(outcome, measure, terminal.paint))
    return undefined
  },
})

function freeFolder(wanted: string): string {
  for (let count = 1; ; count++) {
    const path = count === 1 ? wanted : `${wanted}-${count}`
    if (!existsSync(path)) return path
  }
}

/** A live line for steps, a line that stays for each method. */
function display(
  { progress, note, notePaint }: Terminal,
  measure: Measure,
): Partial<Parameters<typeof demo>[1]> {
  return {
    onStep(metrics, { method, done }) {
      const { loss, activeRate, imagesPerSecond } = metrics
      progress.update({
        label: `${demoMethods.indexOf(method) + 1}/${demoMethods.length} ${demoTitles[method]}`,
        // In thousandths of the whole, so that the time left includes all four methods.
        done: Math.round(1000 * done),
        total: 1000,
        ...scoreOfStep(metrics, measure),
        imagesPerSecond,
        loss: metricNumber(loss),
        activeRate: metricNumber(activeRate),
      })
    },
    onResult(result) {
      const { method, activeRate, seconds } = result
      const score = namedScore(measure, valueIn(result, measure))
      const title = (titles.get(method) ?? method).padEnd(12)
      const active = method === 'dyt' ? `   ${formatPercent(activeRate, 0)} of the tokens active` : ''
      note(`  ${title}   ${score}   ${formatDuration(seconds)}${active}`)
    },
    onPhase: (phase) => note(notePaint.dim(`  ${phase}`)),
  }
}

function activeText({ activeRate, activeRatePerLayer }: DemoOutcome['results'][number]): string {
  return `DyT sends ${formatPercent(activeRate, 0)} of the tokens through the MLPs: ${bars(activeRatePerLayer)} from the first layer to the last.`
}

function outcomeText(
  { run, settings, results, report, onnx, seconds }: DemoOutcome,
  measure: Measure,
  paint: Terminal['paint'],
): string {
  const [place, words] = demos[settings.task].own
  const rows = results.map((result) => [
    demoTitles[result.method],
    formatMeasure(measure, valueIn(result, measure)),
    intervalText(valueInterval(measure, valueIn(result, measure), result.images), measure),
    formatCount(result.trainableParams),
    formatCount(result.flops),
    formatRate(result.imagesPerSecond),
    formatPercent(result.activeRate),
  ])
  const heads = [
    'method',
    measure.title,
    '95 %',
    'trained parameters',
    'FLOPs per image',
    'images/s',
    'active tokens',
  ]
  const dyt = results.filter(({ method }) => method === 'dyt').map(activeText)
  return `
${renderTable(heads, rows, { paint })}
${dyt.join('')}

${paint.bold('See it')}        ${report}
${paint.bold('Run it')}        ${onnx}  ${paint.dim('(any ONNX Runtime)')}
${paint.bold('Your photos')}   dyt finetune --data ${place}  ${paint.dim(`(${words})`)}
${paint.bold('Look closer')}   dyt explain ${quoted(join(run, 'dyt'))}
${paint.dim(`${formatDuration(seconds)} in all`)}
`
}
