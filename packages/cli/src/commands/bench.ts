import { InvalidArgumentError, Option } from 'commander'
import { ConfigError } from 'dynamic-tuning'
import {
  type BenchReport,
  type BenchResult,
  type BenchSettings,
  baselines,
  benchCase,
  benchInference,
  benchMarkdown,
  benchPlot,
  benchTraining,
  defaultBench,
  peakMemoryMB,
} from 'dynamic-tuning/bench'
import { writeAside } from 'dynamic-tuning/io'
import { nodeDevices } from 'dynamic-tuning/settings'
import { memoryAlone } from '../bench-memory.ts'
import { benchText } from '../bench-text.ts'
import { type Call, type CommandUnit, defineCommand } from '../command.ts'
import { type CommonOptions, type PrecisionChoice, shared } from '../options/common.ts'
import { finetuneFlag } from '../options/finetune-flags.ts'
import { integer, number } from '../options/numbers.ts'
import { readArgument } from '../options/setting-option.ts'

interface Options extends CommonOptions, PrecisionChoice {
  readonly model?: string
  readonly method?: readonly string[]
  readonly batch?: readonly number[]
  readonly active?: number
  readonly budget?: number
  readonly bottleneck?: number
  readonly classes?: number
  readonly imageSize?: readonly number[]
  readonly devices?: readonly BenchSettings['devices'][number][]
  readonly baseline?: readonly string[]
  readonly markdown?: string
  readonly plot?: string
  readonly frames?: number
  readonly rounds?: number
  readonly warmup?: number
  readonly memory?: boolean
  readonly only?: string
}

type Kind = BenchReport['benchmark']

function list<T>(parseItem: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((item) => parseItem(item.trim()))
}

const caseName = (text: string): string => readArgument(() => benchCase(text, defaultBench).name)

/** Reads one of some names. */
function oneOf<T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const found = names.find((name) => name === text)
    if (found === undefined) throw new InvalidArgumentError(`Give one or more of ${names.join(', ')}.`)
    return found
  }
}

const options = (): Option[] => [
  new Option(
    '--model <name>',
    `timm's name, builtin, or a path whose sizes are taken (default ${defaultBench.model})`,
  ),
  finetuneFlag('randomWeights').hideHelp(),
  new Option(
    '--method <cases>',
    'methods beside the static model, with settings of their own: dyt,dyt:dispatch=attention:active=0.7,dyt:reduction=tome:tomeR=8',
  ).argParser(list(caseName)),
  new Option('--batch <sizes>', 'batch sizes such as 1,8').argParser(list(integer(1))),
  shared.active(),
  finetuneFlag('bottleneck', { usual: String(defaultBench.bottleneck), group: undefined }),
  shared.classes(),
  new Option('--image-size <sizes>', "sides in pixels such as 224,384 (default the model's own)").argParser(
    list(integer(1)),
  ),
  new Option('--devices <names>', 'measure on several, such as cpu,cuda (default --device)').argParser(
    list(oneOf(nodeDevices)),
  ),
  shared.frames(),
  new Option('--rounds <n>', `counted runs of each (default ${defaultBench.rounds})`).argParser(integer(1)),
  new Option('--warmup <n>', `runs before that (default ${defaultBench.warmup})`).argParser(integer(0)),
  new Option('--no-memory', 'do not measure peak memory in processes of their own'),
  new Option('--markdown <file>', 'write the tables as Markdown too'),
  new Option('--plot <file>', 'draw the ratios as SVG'),
  new Option('--only <name>', 'static or one method, with the peak memory of this process').hideHelp(),
]

const inferenceOptions = (): Option[] => [
  new Option('--budget <share>', "instead of --active: share of the static model's FLOPs").argParser(
    number(0),
  ),
  new Option(
    '--baseline <names>',
    `the static model in other runtimes: ${Object.keys(baselines).join(', ')}`,
  ).argParser(list(oneOf(Object.keys(baselines)))),
]

function benchCommand(
  kind: Kind,
  unit: Pick<CommandUnit, 'summary' | 'description' | 'examples'>,
): CommandUnit {
  return defineCommand<Options>({
    ...unit,
    name: `bench ${kind}`,
    group: 'Measure',
    options: [...options(), ...(kind === 'inference' ? [...inferenceOptions(), shared.precision()] : [])],
    async run(call: Call<Options>) {
      const settings = settingsOf(call.options, kind)
      const report = await measure(kind, settings, call)
      const { markdown, plot } = call.options
      if (markdown !== undefined) writeAside(markdown, benchMarkdown(report))
      if (plot !== undefined) writeAside(plot, benchPlot(report))
      const { columns = 100 } = process.stdout
      call.terminal.result(report, () => benchText(report, call.terminal.paint, columns))
      return undefined
    },
  })
}

/** `dyt bench inference` */
export const benchInferenceCommand = benchCommand('inference', {
  summary: 'Time methods against the static model, in turn and in one run',
  description:
    'Random weights; random dispatchers let --active of the patch tokens through. ratioToStatic is how many times as fast as the static model a method is; flopsRatioToStatic is what its multiply-accumulates promise.\nMatrix products alone take their turn too: gemmShare is the share of their speed that a model reaches.',
  examples: [
    ['dyt bench inference --method dyt --active 0.5 --batch 1,8 --threads 2', 'the figure of the README'],
    ['dyt bench inference --model vit_small_patch16_224 --method adaptformer,dyt', 'several methods'],
    ['dyt bench inference --method dyt:dispatch=layer:active=0.7,dyt:experts=4', 'settings for each of them'],
    ['dyt bench inference --method dyt,dyt:reduction=tome:tomeR=8', 'without and with merged tokens'],
    ['dyt bench inference --frames 8 --batch 1', 'clips of 8 frames'],
    ['dyt bench inference --method linear:precision=int8,dyt,dyt:precision=int8 --batch 8', '8-bit products'],
    ['dyt bench inference --budget 0.6', 'at 60 % of the static FLOPs'],
    [
      'dyt bench inference --baseline transformers.js --plot speed.svg',
      'beside Transformers.js, with a plot',
    ],
    ['dyt bench inference --image-size 224,384 --batch 1,8,32 --markdown speed.md', 'a matrix of sizes'],
  ],
})

/** `dyt bench training` */
export const benchTrainingCommand = benchCommand('training', {
  summary: 'Time a training step against a forward pass of the static model',
  description:
    'A step is all passes and losses of the method, gradients and the AdamW update. ratioToStatic is how many forward passes of the static model on the same batch a step lasts.',
  examples: [
    ['dyt bench training --method dyt --batch 8 --threads 2', 'dynamic and complete pass, distillation'],
  ],
})

function settingsOf(given: Options, kind: Kind): BenchSettings {
  const { model, method, batch, active, budget, bottleneck, classes, imageSize, frames, rounds, warmup } =
    given
  const { device, devices = device && [device], baseline } = given
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
    imageSizes: imageSize,
    frames,
    threads: given.threads,
    devices,
    baselines: baseline,
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
