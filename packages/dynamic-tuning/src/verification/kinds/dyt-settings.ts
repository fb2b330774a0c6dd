import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { modelOf } from '../../models/model.ts'
import type { VitModelConfig } from '../../models/model-config.ts'
import { type Network, network } from '../../network/network.ts'
import type { LossSettings } from '../../training/loss-graph.ts'
import type { AdamWSettings } from '../../training/optimizers/adamw.ts'
import { dynamicFull } from '../../tuners/dynamic-full.ts'
import { dyt } from '../../tuners/dyt.ts'
import { dispatchLevels, routers } from '../../tuners/options.ts'
import { dispatchVariants } from '../../tuners/parts.ts'
import { type Fixture, fixtureConfig } from '../fixture.ts'

const optimizer = z.looseObject({
  name: z.literal('AdamW').default('AdamW'),
  lr: z.number(),
  beta1: z.number(),
  beta2: z.number(),
  eps: z.number(),
  weight_decay: z.number(),
})
const one = z.literal(1).default(1)
const share = z.number().min(0).max(1)
const fields = z.looseObject({
  dispatch: z
    .looseObject({
      variant: z.enum(dispatchVariants).exclude(['none']),
      level: z.enum(dispatchLevels),
      inactive_tokens_are_keys: z.literal(false).optional(),
    })
    .default({ variant: 'mlp', level: 'token' }),
  adapter: z
    .looseObject({
      kind: z.enum(['plain', 'moe', 'none']),
      experts: z.int().positive().default(1),
      expert_weights: z.enum(routers).default('softmax'),
      router_bias: z.literal(false).optional(),
    })
    .default({ kind: 'plain', experts: 1, expert_weights: 'softmax' }),
  trains_everything: z.boolean().default(false),
  bottleneck: z.int().positive().default(1),
  adapter_scale: z.number().default(1),
  adapter_dropout: z.literal(0).default(0),
  target_rate: share,
  dispatcher: z.looseObject({
    bias: z.boolean(),
    tau: z.number().positive(),
    threshold: z.literal(0.5),
    comparison: z.literal('greater'),
    keeps_class_token: z.boolean(),
  }),
  loss: z.looseObject({
    ce_dynamic_weight: one,
    ce_complete_weight: z.literal([0, 1]).default(1),
    kl_weight: z.literal([0, 1]).default(1),
    rate_weight: z.number(),
    target_rate: share.optional(),
    kl_reduction: z.literal('batchmean'),
    ce_reduction: z.literal('mean'),
    kl_teacher: z.literal('complete model, no gradient').optional(),
  }),
  optimizer,
  trainable: z.array(z.string()).min(1),
  edge: z.record(z.string(), z.looseObject({ bias_overrides: z.record(z.string(), z.number()) })).default({}),
})

/** Settings of an optimiser, including its learning rate. */
export interface Optimizer {
  readonly learningRate: number
  readonly adamw: AdamWSettings
}

/** All settings of a Dynamic Tuning fixture. */
export interface DytSettings {
  readonly network: Network
  /** Name of the images or clips among the inputs. */
  readonly samples: string
  readonly loss: LossSettings
  readonly dispatcherBias: boolean
  /** Names of the trained weights. */
  readonly trainable: readonly string[]
  /** By the text after the step number in a tensor's name: '' or, for instance, `_strong_decay`. */
  readonly optimizers: ReadonlyMap<string, Optimizer>
  /** Dispatcher biases to set, by name of the case, then of the weight. */
  readonly edge: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/**
 * The settings in a fixture's config.json beside its model's. @throws ConfigError naming what is
 * missing or unsupported
 */
export function dytSettings(fixture: Fixture, config: VitModelConfig): Omit<DytSettings, 'samples'> {
  const read = fixtureConfig(fixture, fields)
  const { loss, dispatcher, edge, dispatch, adapter } = read
  checkClassToken(fixture, dispatch.level, dispatcher.keeps_class_token)
  const tuner = adapter.kind === 'none' ? dynamicFull : dyt
  return {
    network: network({
      ...modelOf(config),
      tuner,
      options: {
        ...tuner.defaults,
        dispatch: dispatch.variant,
        dispatchLevel: dispatch.level,
        experts: adapter.experts,
        router: adapter.expert_weights,
        bottleneck: read.bottleneck,
        adapterScale: read.adapter_scale,
        adapterDropout: 0,
        rate: loss.target_rate ?? read.target_rate,
        temperature: dispatcher.tau,
      },
    }),
    loss: {
      rateWeight: loss.rate_weight,
      complete: loss.ce_complete_weight === 1,
      distillation: loss.kl_weight === 1,
    },
    dispatcherBias: dispatcher.bias,
    trainable: read.trainable,
    optimizers: optimizersOf(fixture, read.optimizer),
    edge: Object.fromEntries(
      Object.entries(edge).map(([name, { bias_overrides }]) => [name, bias_overrides]),
    ),
  }
}

/** The class token is always active at token level, and active together with its image at sample level. */
function checkClassToken({ folder }: Fixture, level: string, keeps: boolean): void {
  if (keeps !== (level === 'token'))
    throw new ConfigError(
      `${folder}: dispatcher.keeps_class_token is ${keeps} at ${level} level, which cannot be run. Correct config.json.`,
    )
}

/** The optimisers: `optimizer`, and each `optimizer_*` as changes to it. */
function optimizersOf(fixture: Fixture, base: z.output<typeof optimizer>): Map<string, Optimizer> {
  const all = fixtureConfig(fixture, z.looseObject({}))
  const found = new Map([['', optimizerOf(base)]])
  for (const key of Object.keys(all)) {
    const suffix = /^optimizer(_.+)$/.exec(key)?.[1]
    if (suffix === undefined) continue
    const changes = fixtureConfig(fixture, z.looseObject({ [key]: optimizer.partial() }))[key]
    found.set(suffix, optimizerOf({ ...base, ...changes }))
  }
  return found
}

function optimizerOf({ lr, beta1, beta2, eps, weight_decay }: z.output<typeof optimizer>): Optimizer {
  return { learningRate: lr, adamw: { beta1, beta2, epsilon: eps, weightDecay: weight_decay } }
}
