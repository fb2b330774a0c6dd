import {
  ConfigError,
  checkReduction,
  checkReductionFits,
  checkTuning,
  type GivenReduction,
  type ModelCost,
  modelCost,
  openBackbone,
  reductionOptions,
  type TunerOptions,
  tunerNamed,
  type VitConfig,
  vitConfig,
} from 'dynamic-tuning'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { reductionFlags } from '../options/reduction.ts'
import { formatCount, formatPercent } from '../terminal/format.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

interface Options extends CommonOptions, GivenReduction {
  readonly model?: string
  readonly method?: string
  readonly classes?: number
  readonly bottleneck?: number
  readonly rate?: number
  readonly active?: number
  readonly dispatch?: TunerOptions['dispatch']
  readonly experts?: number
  readonly imageSize?: readonly [number, number]
}

export const flopsCommand = defineCommand<Options>({
  name: 'flops',
  group: 'Measure',
  summary: 'Parameters and FLOPs of any model, method and rate, by part',
  description:
    'Counted from the graph, without any weights. FLOPs are\nmultiply-accumulates of one image, as in the papers: linear maps, convolutions\nand attention products, LayerNorm 5 per element. params.trainable counts as the papers do, without head and\ndispatchers; params.trained is everything that training changes.',
  options: [
    shared.model("builtin (default), a path of weights, or timm's name"),
    shared.randomWeights().hideHelp(),
    shared.method(),
    shared.classes('number of classes (default 100)'),
    shared.bottleneck(),
    shared.rate(),
    shared.active(),
    shared.dispatch(),
    shared.experts(),
    shared.imageSize(),
    ...reductionFlags(),
    shared.batch('FLOPs are always those of one image').hideHelp(),
  ],
  examples: [
    [
      'dyt flops --model vit_base_patch16_224 --method dyt --rate 0.5',
      'ViT-B/16, half of the tokens skipping',
    ],
    ['dyt flops --model vit_large_patch16_224 --method linear', 'the static model'],
    ['dyt flops --model vit_base_patch16_224 --method dyt --reduction tome --tome-r 8', 'and merging tokens'],
  ],
  async run({ options, terminal }: Call<Options>) {
    const { model = 'builtin', method = 'dyt' } = options
    const tuner = tunerNamed(method)
    const config = configOf(model, options)
    const { bottleneck, rate, dispatch, experts } = options
    const chosen = Object.entries({ bottleneck, rate, dispatch, experts }).filter(
      ([, value]) => value !== undefined,
    )
    const settings: TunerOptions = { ...tuner.defaults, ...Object.fromEntries(chosen) }
    checkTuning('flops', tuner, settings)
    const reduction = reductionOptions(options)
    checkReduction('flops', reduction, settings)
    checkReductionFits('flops', reduction, config)
    const activeRate = settings.dispatch === 'none' ? 1 : (options.active ?? settings.rate)
    const cost = modelCost({ config, tuner, options: settings, reduction, activeRate })
    const staticFlops = modelCost({ config, tuner: tunerNamed('linear') }).flops.total
    const { total, trainable, trainableParts } = cost.params
    const document = {
      model,
      method,
      reduction: reduction.reduction,
      activeRate,
      imageSize: config.imageSize,
      params: { total, trainable: paperCount(cost.params), trained: trainable, trainedParts: trainableParts },
      flops: { total: cost.flops.total, static: staticFlops, parts: cost.flops.parts },
    }
    terminal.result(document, () =>
      costText(`${model}, ${withName(method, reduction)}`, cost, { staticFlops, activeRate }, terminal.paint),
    )
    return undefined
  },
})

/** `dyt`, or `dyt with tome`. */
function withName(method: string, { reduction }: { readonly reduction: string }): string {
  return reduction === 'none' ? method : `${method} with ${reduction}`
}

function configOf(model: string, { classes = usualClasses, imageSize }: Options): VitConfig {
  if (/^vit_/.test(model)) return withImageSize(vitConfig(model, classes), imageSize)
  return openBackbone(model, { numClasses: classes, imageSize }).config
}

function withImageSize(config: VitConfig, imageSize: Options['imageSize']): VitConfig {
  if (imageSize === undefined) return config
  if (imageSize.some((size) => size % config.patchSize !== 0))
    throw new ConfigError(
      `flops: images of ${imageSize.join(' x ')} are no multiple of the patch ${config.patchSize}. Choose another image size.`,
    )
  return { ...config, imageSize }
}

/** CIFAR-100, which the papers count with. */
const usualClasses = 100

/** As the papers' tables count: what a method adds to the backbone or changes in it, without head and dispatchers. */
function paperCount({ trainableWithoutHead, trainableParts }: ModelCost['params']): number {
  const gates = Object.entries(trainableParts).filter(([part]) => part.endsWith('_token_select'))
  return gates.reduce((rest, [, size]) => rest - size, trainableWithoutHead)
}

/** What parts are called in the table, by the last word of their name in the graph. */
const partNames: Readonly<Record<string, string>> = {
  patch_embed: 'patch embedding',
  attn: 'attention',
  mlp: 'MLP',
  adaptattn: 'adapters',
  adaptmlp: 'adapters',
  adaptlayer: 'adapters',
  attn_token_select: 'dispatchers',
  mlp_token_select: 'dispatchers',
  layer_token_select: 'dispatchers',
  norm: 'norms',
  norm1: 'norms',
  norm2: 'norms',
  fc_norm: 'norms',
  predictor: 'predictors',
  head: 'head',
}

function costText(
  title: string,
  { params, flops }: ModelCost,
  more: { staticFlops: number; activeRate: number },
  paint: Paint,
): string {
  const sums = new Map<string, number>()
  for (const [part, cost] of Object.entries(flops.parts)) {
    const word = part.replace(/^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?/, '')
    const name = partNames[word] ?? word
    sums.set(name, (sums.get(name) ?? 0) + cost)
  }
  const rows = [...sums].map(([name, cost]) => [name, formatCount(cost), formatPercent(cost / flops.total)])
  const trained = Object.entries(params.trainableParts)
    .map(([part, size]) => `${partNames[part] ?? part} ${formatCount(size)}`)
    .join(', ')
  return [
    `${paint.bold(title)}, ${formatPercent(more.activeRate, 0)} of the tokens active\n`,
    renderTable(['part', 'FLOPs', 'share'], [...rows, ['all', formatCount(flops.total), '100.0 %']], {
      paint,
    }),
    `${(flops.total / more.staticFlops).toFixed(3)} times the static model (${formatCount(more.staticFlops)})`,
    `${formatCount(params.total)} parameters, ${formatCount(params.trainable)} of them trained: ${Object.keys(params.trainableParts).length > 6 ? 'all' : trained}`,
    `${formatCount(paperCount(params))} trainable as the papers count, without head and dispatchers\n`,
  ].join('\n')
}
