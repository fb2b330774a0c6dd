import { Option } from 'commander'
import {
  ConfigError,
  type GivenReduction,
  type ModelConfig,
  modelCost,
  type TunerOptions,
} from 'dynamic-tuning'
import { countPaperTable, paperCount, paperTable, paperTables, staticFlops } from 'dynamic-tuning/cost'
import { openBackboneConfig } from 'dynamic-tuning/io'
import {
  checkNetwork,
  checkTuning,
  completeOptions,
  modelOf,
  network,
  reductionOptions,
  tunerNamed,
} from 'dynamic-tuning/models'
import { sampleWord } from 'dynamic-tuning/report'
import {
  checkTaskSettings,
  headSettings,
  type MethodOptionName,
  methodOptions,
  type SomeOf,
} from 'dynamic-tuning/settings'
import { taskNamed } from 'dynamic-tuning/tasks'
import { type Call, defineCommand } from '../command.ts'
import { costText } from '../cost-text.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { finetuneFlag, reductionFlags, someFinetuneFlags } from '../options/finetune-flags.ts'
import { integer } from '../options/numbers.ts'
import { optionsOf } from '../options/setting-option.ts'
import { paperTableText } from '../paper-table-text.ts'

/** Settings of methods that affect parameters or FLOPs. */
const tunerSettings = [
  'dispatch',
  'rate',
  'dispatchLevel',
  'dispatchStrategy',
  'dispatchLayers',
  'bottleneck',
  'experts',
] as const satisfies readonly (keyof TunerOptions)[]

interface Options
  extends CommonOptions,
    GivenReduction,
    SomeOf<typeof headSettings>,
    Partial<Pick<TunerOptions, (typeof tunerSettings)[number] | MethodOptionName>> {
  readonly model?: string
  readonly method?: string
  readonly task?: string
  readonly classes?: number
  readonly active?: number
  readonly imageSize?: readonly [number, number]
  readonly frames?: number
  readonly table?: number
}

export const flopsCommand = defineCommand<Options>({
  name: 'flops',
  group: 'Measure',
  summary: 'Parameters and FLOPs of any model, method and rate, by part',
  description:
    'Counted from the graph, without any weights. FLOPs are multiply-accumulates of one image, or one clip with --frames, as in the papers: linear maps, convolutions and attention products, LayerNorm 5 per element. Methods that merge into the dense weights, such as LoRA, are counted merged. params.trainable counts as the papers do, without head and dispatchers; params.trained is everything that training changes.\n--table prints a table of the Dynamic Tuning paper beside our counts, with the rate of active tokens that each printed figure takes.',
  options: [
    finetuneFlag('model', { help: "builtin, a path of weights, or timm's name" }),
    finetuneFlag('randomWeights').hideHelp(),
    finetuneFlag('method'),
    shared.classes('number of classes (default 100)'),
    shared.active(),
    ...someFinetuneFlags(tunerSettings),
    ...optionsOf(methodOptions),
    finetuneFlag('imageSize'),
    shared.frames(),
    finetuneFlag('task', { usual: taskNamed().name }),
    ...optionsOf(headSettings),
    ...reductionFlags(),
    new Option(
      '--table <n>',
      `rows of a table of the paper, alone: ${paperTables.map(({ number }) => number).join(', ')}`,
    ).argParser(integer(0)),
    finetuneFlag('batch').hideHelp(),
  ],
  examples: [
    [
      'dyt flops --model vit_base_patch16_224 --method dyt --rate 0.5',
      'ViT-B/16, half of the tokens skipping',
    ],
    ['dyt flops --model vit_large_patch16_224 --method linear', 'the static model'],
    ['dyt flops --model vit_base_patch16_224 --method dyt --reduction tome --tome-r 8', 'and merging tokens'],
    ['dyt flops --model vit_base_patch16_224 --classes 400 --frames 8', 'clips of 8 frames'],
    [
      'dyt flops --model vit_base_patch16_224 --image-size 512 --task segmentation --classes 150',
      'with UPerNet, which labels pixels',
    ],
    ['dyt flops --table 3', 'what the paper prints for VTAB-1K, and what we count'],
  ],
  async run(call: Call<Options>) {
    const { options, terminal } = call
    if (options.table !== undefined) return showTable(call, options.table)
    const { model = 'builtin', method = 'dyt' } = options
    const tuner = tunerNamed(method)
    const config = configOf(model, options)
    const names: readonly string[] = [...tunerSettings, ...Object.keys(methodOptions)]
    const given = Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
    const settings = completeOptions(tuner, given)
    checkTuning('flops', tuner, settings)
    const reduction = reductionOptions(options)
    const tuned = network({ ...modelOf(config), tuner, options: settings, reduction })
    checkNetwork('flops', tuned)
    const activeRate = settings.dispatch === 'none' ? 1 : (options.active ?? settings.rate)
    const cost = modelCost({ network: tuned, activeRate })
    const bare = staticFlops(tuned)
    const { total, trainable, trainableParts } = cost.params
    const document = {
      model,
      method,
      reduction: reduction.reduction,
      activeRate,
      imageSize: config.imageSize,
      ...(config.segmentation && { head: config.segmentation.head }),
      ...(sampleWord(config) === 'clip' && { frames: config.frames }),
      params: { total, trainable: paperCount(cost.params), trained: trainable, trainedParts: trainableParts },
      flops: { total: cost.flops.total, static: bare, parts: cost.flops.parts },
    }
    terminal.result(document, () =>
      costText(
        `${model}, ${withName(method, reduction)}${onSamples(config)}`,
        cost,
        { staticFlops: bare, activeRate },
        terminal.paint,
      ),
    )
    return undefined
  },
})

/** `dyt`, or `dyt with tome`. */
function withName(method: string, { reduction }: { readonly reduction: string }): string {
  return reduction === 'none' ? method : `${method} with ${reduction}`
}

/** Addition to the title for models of clips, and for those that label pixels. */
function onSamples(config: ModelConfig): string {
  const { imageSize, segmentation } = config
  if (segmentation) return `, ${segmentation.head} at ${imageSize.join(' x ')}`
  return sampleWord(config) === 'clip' ? `, clips of ${config.frames} frames` : ''
}

/** Options that a table sets itself. */
const decidedByTable = [
  'model',
  'method',
  'classes',
  'active',
  'imageSize',
  'frames',
  'task',
  'head',
  'headChannels',
  ...tunerSettings,
] as const

function showTable({ options, terminal }: Call<Options>, number: number): undefined {
  const table = paperTable(number)
  const given = decidedByTable.filter((name) => options[name] !== undefined)
  if (given.length > 0)
    throw new ConfigError(
      `flops: --table counts the paper's own models, got ${given.join(', ')} too. Leave out one or the other.`,
    )
  const counted = countPaperTable(table)
  terminal.result(counted, () => paperTableText(counted, terminal.paint))
}

function configOf(model: string, options: Options): ModelConfig {
  const { classes = usualClasses, imageSize, frames } = options
  const task = taskNamed(options.task)
  checkTaskSettings(task, options, 'flops')
  return openBackboneConfig(model, { numClasses: classes, imageSize, frames, ...task.model?.(options) })
}

/** CIFAR-100, as in the papers. */
const usualClasses = 100
