import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { InvalidArgumentError, Option } from 'commander'
import {
  type BenchReport,
  type BenchResult,
  type BenchSettings,
  benchCase,
  benchInference,
  benchTraining,
  ConfigError,
  defaultBench,
  peakMemoryMB,
} from 'dynamic-tuning'
import { type Call, type CommandUnit, defineCommand } from '../command.ts'
import { type CommonOptions, type PrecisionChoice, shared } from '../options/common.ts'
import { integer, number } from '../options/numbers.ts'
import { formatMemory, formatPercent } from '../terminal/format.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

interface Options extends CommonOptions, PrecisionChoice {
  readonly model?: string
  readonly method?: readonly string[]
  readonly batch?: readonly number[]
  readonly active?: number
  readonly budget?: number
  readonly bottleneck?: number
  readonly classes?: number
  readonly imageSize?: readonly [number, number]
  readonly frames?: number
  readonly rounds?: number
  readonly warmup?: number
  readonly memory?: boolean
  readonly only?: string
}

type Kind = BenchReport['benchmark']

const ratioText: Readonly<Record<Kind, string>> = {
  inference: 'times as fast as the static model',
  training: 'as long as static forward passes',
}

function list<T>(parseItem: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((item) => parseItem(item.trim()))
}

function caseName(text: string): string {
  try {
    return benchCase(text, defaultBench).name
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

const options = (): Option[] => [
  new Option('--model <name>', `timm's name (default ${defaultBench.model})`),
  shared.randomWeights().hideHelp(),
  new Option(
    '--method <cases>',
    'methods beside the static model, with settings of their own: dyt,dyt:dispatch=attention:active=0.7,dyt:reduction=tome:tomeR=8',
  ).argParser(list(caseName)),
  new Option('--batch <sizes>', 'batch sizes such as 1,8').argParser(list(integer(1))),
  shared.active(),
  shared.bottleneck(),
  shared.classes(),
  shared.imageSize(),
  shared.frames(),
  new Option('--rounds <n>', `counted runs of each (default ${defaultBench.rounds})`).argParser(integer(1)),
  new Option('--warmup <n>', `runs before that (default ${defaultBench.warmup})`).argParser(integer(0)),
  new Option('--no-memory', 'do not measure peak memory in processes of their own'),
  new Option('--only <name>', 'static or one method, with the peak memory of this process').hideHelp(),
]

const budgetOption = (): Option =>
  new Option('--budget <share>', "instead of --active: share of the static model's FLOPs").argParser(
    number(0),
  )

function benchCommand(
  kind: Kind,
  unit: Pick<CommandUnit, 'summary' | 'description' | 'examples'>,
): CommandUnit {
  return defineCommand<Options>({
    ...unit,
    name: `bench ${kind}`,
    group: 'Measure',
    options: [...options(), ...(kind === 'inference' ? [budgetOption(), shared.precision()] : [])],
    async run(call: Call<Options>) {
      const settings = settingsOf(call.options, kind)
      const report = await measure(kind, settings, call)
      call.terminal.result(report, () => reportText(report, call.terminal.paint))
      return undefined
    },
  })
}

/** `dyt bench inference` */
export const benchInferenceCommand = benchCommand('inference', {
  summary: 'Time methods against the static model, in turn and in one run',
  description:
    'Random weights; random dispatchers let --active of the patch tokens through. ratioToStatic is how many times as fast\nas the static model a method is; flopsRatioToStatic is what its multiply-accumulates promise.',
  examples: [
    ['dyt bench inference --method dyt --active 0.5 --batch 1,8 --threads 2', 'the figure of the README'],
    ['dyt bench inference --model vit_small_patch16_224 --method adaptformer,dyt', 'several methods'],
    ['dyt bench inference --method dyt:dispatch=layer:active=0.7,dyt:experts=4', 'settings for each of them'],
    ['dyt bench inference --method dyt,dyt:reduction=tome:tomeR=8', 'without and with merged tokens'],
    ['dyt bench inference --frames 8 --batch 1', 'clips of 8 frames'],
    ['dyt bench inference --method linear:precision=int8,dyt,dyt:precision=int8 --batch 8', '8-bit products'],
    ['dyt bench inference --budget 0.6', 'at 60 % of the static FLOPs'],
  ],
})

/** `dyt bench training` */
export const benchTrainingCommand = benchCommand('training', {
  summary: 'Time a training step against a forward pass of the static model',
  description:
    'A step is all passes and losses of the method, gradients and the AdamW update. ratioToStatic is how many forward passes\nof the static model on the same batch a step lasts.',
  examples: [
    ['dyt bench training --method dyt --batch 8 --threads 2', 'dynamic and complete pass, distillation'],
  ],
})

function settingsOf(given: Options, kind: Kind): BenchSettings {
  const { model, method, batch, active, budget, bottleneck, classes, imageSize, frames, rounds, warmup } =
    given
  if (budget !== undefined && active !== undefined)
    throw new ConfigError('bench: --budget decides what --active is. Leave one of them out.')
  const defaults = kind === 'training' ? { ...defaultBench, batches: [8] } : defaultBench
  const chosen = {
    model,
    methods: method,
    batches: batch,
    active,
    budget,
    bottleneck,
    classes,
    rounds,
    warmup,
    imageSize: imageSize?.[0],
    frames,
    threads: given.threads,
    device: given.device,
    precision: given.precision,
    seed: given.seed,
  }
  const known = Object.entries(chosen).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(known) }
}

async function measure(
  kind: Kind,
  settings: BenchSettings,
  { options: given, terminal }: Call<Options>,
): Promise<BenchReport> {
  const run = kind === 'inference' ? benchInference : benchTraining
  const { only } = given
  const report = await run(settings, { only, onProgress: (text) => terminal.note(text) })
  if (only !== undefined) {
    const peak = peakMemoryMB()
    return { ...report, results: report.results.map((result) => ({ ...result, peakMemoryMB: peak })) }
  }
  if (given.memory === false) return report
  const results: BenchResult[] = []
  for (const result of report.results) {
    terminal.note(`memory of ${result.method}, batch ${result.batch}`)
    results.push({ ...result, peakMemoryMB: await memoryAlone(kind, settings, result) })
  }
  return { ...report, results }
}

/** Peak resident memory in MB of a process that runs this one case twice. */
async function memoryAlone(
  kind: Kind,
  settings: BenchSettings,
  { method, batch }: BenchResult,
): Promise<number> {
  const { model, active, budget, bottleneck, classes, imageSize, frames, threads, device, seed } = settings
  const { precision } = settings
  const flags = {
    model,
    method: method === 'static' ? undefined : method,
    batch,
    active: budget === undefined ? active : undefined,
    budget,
    bottleneck,
    classes,
    threads,
    device,
    precision,
    seed,
    'image-size': imageSize,
    frames,
    only: method,
    rounds: 1,
    warmup: 1,
  }
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
  const line = [process.argv[1] as string, 'bench', kind, '--json', '--quiet', ...words]
  const { stdout } = await promisify(execFile)(process.execPath, line, { maxBuffer: 2 ** 24 })
  return (JSON.parse(stdout) as BenchReport).results[0]?.peakMemoryMB ?? Number.NaN
}

function reportText({ benchmark, environment, results }: BenchReport, paint: Paint): string {
  const header = [
    'batch',
    'method',
    'precision',
    'active',
    'median',
    'p10-p90',
    results.some(({ frames }) => frames !== undefined) ? 'clips/s' : 'images/s',
    'memory',
    'ratio',
    'FLOPs promise',
  ]
  const rows = results.map((result) => [
    String(result.batch),
    result.method,
    result.precision,
    result.activeRate === null ? '' : formatPercent(result.activeRate),
    `${result.medianMs.toFixed(0)} ms`,
    `${result.p10Ms.toFixed(0)}-${result.p90Ms.toFixed(0)} ms`,
    result.imagesPerSecond.toFixed(2),
    result.peakMemoryMB === null ? '' : formatMemory(result.peakMemoryMB),
    result.ratioToStatic.toFixed(3),
    result.flopsRatioToStatic?.toFixed(3) ?? '',
  ])
  const { cpu, cores, node, platform } = environment
  const [{ model = '', threads = 0, device = 'cpu', frames } = {}] = results
  const samples = frames === undefined ? '' : `, clips of ${frames} frames`
  return [
    `${paint.bold(`${model}, ${benchmark}${samples}`)}: on ${device}, ${threads} threads; ${cpu}, ${cores} cores, ${platform}, Node ${node}`,
    renderTable(header, rows, { paint }),
    `ratio: ${ratioText[benchmark]}, medians of one run\n`,
  ].join('\n')
}
