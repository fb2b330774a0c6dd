import { z } from 'zod'
import { withSegmentation } from '../../../models/heads/segmentation/with-segmentation.ts'
import { modelOf } from '../../../models/model.ts'
import type { ModelConfig } from '../../../models/model-config.ts'
import { type Network, network } from '../../../network/network.ts'
import type { LossSettings } from '../../../training/loss-graph.ts'
import type { AdamWSettings } from '../../../training/optimizers/adamw.ts'
import { dyt } from '../../../tuners/dyt.ts'
import { type Fixture, fixtureConfig } from '../../fixture.ts'
import { sizeFields, sizesOf } from '../../vit-settings.ts'

const share = z.number().min(0).max(1)
const count = z.int().positive()
const pair = z.tuple([count, count])

/** `config.json` of a fixture; values that the library does not support are refused. */
const fields = z.looseObject({
  ...sizeFields,
  out_indices: z.array(z.int().min(0)),
  head_channels: count,
  aux_channels: count,
  pool_scales: z.tuple([z.literal(1), z.literal(2), z.literal(3), z.literal(6)]),
  bottleneck: count,
  adapter_scale: z.number(),
  target_rate: share,
  activation: z.literal('gelu_erf'),
  final_norm: z.literal(false),
  relative_position_bias: z.boolean(),
  adapter_dropout: z.literal(0),
  drop_path: z.literal(0),
  head_dropout: z.literal(0),
  dispatcher: z.looseObject({
    bias: z.literal(true),
    tau: z.number().positive(),
    threshold: z.literal(0.5),
    comparison: z.literal('greater'),
    keeps_class_token: z.literal(true),
  }),
  batch_norm: z.looseObject({
    eps: z.literal(1e-5),
    momentum: z.literal(0.1),
    running_variance: z.literal('unbiased'),
  }),
  align_corners: z.literal(false),
  ignore_label: z.int(),
  loss: z.looseObject({
    rate_weight: z.number(),
    target_rate: share.optional(),
    decode_weight: z.literal(1),
    aux_weight: z.literal(0.4),
    complete_model: z.literal(false),
    distillation: z.literal(false),
  }),
  slide: z.looseObject({ crop: pair, stride: pair, image_size: pair, original_size: pair }).optional(),
  dropout_case: z.looseObject({ adapter: share, head: share, drop_path: z.array(share).min(1) }).optional(),
  optimizer: z.looseObject({
    name: z.literal('AdamW'),
    lr: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    eps: z.number(),
    weight_decay: z.number(),
  }),
  zero_gradient: z.array(z.string()).default([]),
})

/** What is dropped in a training pass. */
export interface DroppedShares {
  readonly adapter: number
  readonly head: number
  /** Of the last layer; lower in those before. */
  readonly dropPath: number
}

/** All settings of a segmentation fixture. */
export interface SegmentationFixtureSettings {
  readonly model: ModelConfig
  readonly network: Network
  readonly loss: LossSettings
  readonly learningRate: number
  readonly adamw: AdamWSettings
  /** Label of pixels that count nowhere. */
  readonly ignored: number
  /** Weights under official names that keep their values in a step, as their gradients are noise. */
  readonly zeroGradient: readonly string[]
  /** Shares of the case with dropout, and all chances of drop path by layer. */
  readonly dropout: (DroppedShares & { readonly chances: readonly number[] }) | undefined
  /** Sliding windows over a larger picture; sizes are [height, width]. */
  readonly slide:
    | { readonly stride: readonly [number, number]; readonly original_size: readonly [number, number] }
    | undefined
}

/** True if a `config.json` is that of a segmentation fixture. */
export function isSegmentationFixture(config: unknown): boolean {
  return z.looseObject({ kind: z.literal('dyt-segmentation') }).safeParse(config).success
}

/** The settings in a fixture's `config.json`. @throws ConfigError naming what is missing or unsupported */
export function segmentationSettings(fixture: Fixture): SegmentationFixtureSettings {
  const read = fixtureConfig(fixture, fields)
  const { optimizer, dropout_case: dropped } = read
  const model = modelIn(read)
  const dropPath = dropped?.drop_path.at(-1) ?? 0
  return {
    model,
    network: networkOf(read, model),
    loss: { rateWeight: read.loss.rate_weight, complete: true, distillation: true },
    learningRate: optimizer.lr,
    adamw: {
      beta1: optimizer.beta1,
      beta2: optimizer.beta2,
      epsilon: optimizer.eps,
      weightDecay: optimizer.weight_decay,
    },
    ignored: read.ignore_label,
    zeroGradient: read.zero_gradient,
    dropout: dropped && { ...dropped, dropPath, chances: dropped.drop_path },
    slide: read.slide,
  }
}

function modelIn(read: z.output<typeof fields>): ModelConfig {
  const { relative_position_bias: relativePositionBias } = read
  return withSegmentation(
    { ...sizesOf(read), globalPool: 'token', relativePositionBias },
    {
      head: 'upernet',
      channels: read.head_channels,
      auxiliaryChannels: read.aux_channels,
      dropout: 0,
      layers: read.out_indices,
    },
  )
}

function networkOf(read: z.output<typeof fields>, model: ModelConfig): Network {
  const { loss, dispatcher, target_rate } = read
  const options = {
    ...dyt.defaults,
    bottleneck: read.bottleneck,
    adapterScale: read.adapter_scale,
    adapterDropout: 0,
    rate: loss.target_rate ?? target_rate,
    temperature: dispatcher.tau,
  }
  return network({ ...modelOf(model), tuner: dyt, options })
}

/** The same network that drops something in training passes. */
export function withDropout(
  { network: plain, model }: Pick<SegmentationFixtureSettings, 'network' | 'model'>,
  { adapter, head, dropPath }: DroppedShares,
): Network {
  const { segmentation } = model
  const dropping = segmentation ? { ...model, segmentation: { ...segmentation, dropout: head } } : model
  const options = { ...plain.options, adapterDropout: adapter }
  return network({ ...plain, ...modelOf(dropping), options, dropPath })
}
