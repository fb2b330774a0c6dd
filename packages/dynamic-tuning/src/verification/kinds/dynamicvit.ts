import { compile, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { patchCount } from '../../models/vit/vit-config.ts'
import { reductionOptions } from '../../reduction/options.ts'
import { logitsOf } from '../../tasks/logits.ts'
import type { PassResult } from '../../training/learner.ts'
import type { LossSettings } from '../../training/loss-graph.ts'
import { objective } from '../../training/objective.ts'
import { backboneBatch, openBackboneFixture } from '../backbone-fixture.ts'
import { isBackboneFixture } from '../backbone-settings.ts'
import { type Fixture, fixtureConfig, fixtureInput } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { logitsData } from './dyt-run.ts'
import {
  checkRun,
  inferred,
  type Named,
  type ReductionRun,
  recorded,
  single,
  stepSettings,
  trained,
} from './reduction-run.ts'

const fields = z.looseObject({
  hyper_parameters: z.looseObject({
    pruning_layers: z.array(z.int().min(0)).min(1),
    token_ratio: z.array(z.number().gt(0).max(1)).min(1),
    gumbel_temperature: z.literal(1).default(1),
    loss_weights: z.looseObject({
      classification: z.literal(1).default(1),
      ratio: z.number().positive(),
      distillation: z.literal(0.5).default(0.5),
      token_distillation: z.literal('mse').default('mse'),
    }),
  }),
})

/**
 * DynamicViT: both forms of pruned inference, and a training step with its losses, decisions and gradients.
 */
export const dynamicvitKind: FixtureKind = {
  name: 'dynamicvit',
  matches: (config) =>
    isBackboneFixture(config) && z.looseObject({ method: z.literal('dynamicvit') }).safeParse(config).success,
  async produce(fixture, options) {
    const { pruning_layers, token_ratio, loss_weights } = fixtureConfig(fixture, fields).hyper_parameters
    const reduction = reductionOptions({
      reduction: 'dynamicvit',
      reductionLayers: pruning_layers,
      keepRate: token_ratio,
    })
    const run: ReductionRun = { opened: openBackboneFixture(fixture), reduction, compile: options }
    checkRun(run)
    const loss = { rateWeight: loss_weights.ratio, complete: false, distillation: true }
    const noise = noiseOf(fixture, pruning_layers.length)
    const { result, gradients } = await trained(run, 'train.grad.', { loss, noise })
    const records = [...(await recorded(run))].map(([name, value]): Named => [`eval.${name}`, value])
    return new Map([
      await inferred(run, 'logits (skip)'),
      await inferred(run, 'logits (masked)', 'masked'),
      ...records,
      ...gradients,
      ...losses(result, pruning_layers.length, loss),
      ...decisions(run, result, pruning_layers.length),
      [
        'train.logits',
        logitsData(run.opened.config.numClasses, logitsOf(result.outputs).values),
      ] satisfies Named,
      await features(run, loss, noise),
    ])
  },
}

/** G1 - G2 of `gumbel.<k>` [B, N, 2] for every predictor: [S, B, N, 1]. */
function noiseOf(fixture: Fixture, stages: number): TensorData {
  const draws = Array.from({ length: stages }, (_, k) => fixtureInput(fixture, `gumbel.${k}`))
  const [batch = 0, tokens = 0] = draws[0]?.shape ?? []
  const differences = draws.flatMap(({ shape, data }) => {
    if (shape.join() !== `${batch},${tokens},2`)
      throw new ConfigError(
        `${fixture.folder}: gumbel is [${shape}], not [${batch}, ${tokens}, 2]. Correct the inputs.`,
      )
    return Array.from({ length: batch * tokens }, (_, i) => Number(data[2 * i]) - Number(data[2 * i + 1]))
  })
  return { dtype: 'float32', shape: [stages, batch, tokens, 1], data: Float32Array.from(differences) }
}

/** The loss and its terms; `ratio` is without its weight and summed over the stages. */
function losses({ scalars }: PassResult, stages: number, { rateWeight }: LossSettings): Named[] {
  return [
    ['train.loss', single(scalars.loss)],
    ['train.loss.cross_entropy', single(scalars.ceDynamic)],
    ['train.loss.ratio', single(((scalars.ratioLoss as number) * stages) / rateWeight)],
    ['train.loss.class_distillation_kl', single(scalars.kl)],
    ['train.loss.token_distillation_mse', single(scalars.tokenDistance)],
  ]
}

/** Which tokens each predictor kept, [B, N]. */
function decisions(
  { opened: { config } }: ReductionRun,
  { keepDecisions }: PassResult,
  stages: number,
): Named[] {
  const all = keepDecisions as Float32Array
  const patches = patchCount(config)
  const batch = all.length / stages / patches
  return Array.from({ length: stages }, (_, k): Named => {
    const rows = Array.from({ length: batch }, (_, image) => {
      const start = (image * stages + k) * patches
      return [...all.subarray(start, start + patches)]
    })
    const data = Float32Array.from(rows.flat())
    return [`train.predictor.${k}.keep_decision`, { dtype: 'float32', shape: [batch, patches], data }]
  })
}

/** Patch tokens after the final norm in training, which are no output of a training step. */
async function features(run: ReductionRun, loss: LossSettings, noise: TensorData): Promise<Named> {
  const settings = stepSettings(run, 'train.grad.', loss)
  const { features: wanted } = objective(settings.store, settings)
  const program = await compile({ features: wanted as NonNullable<typeof wanted> }, run.compile)
  const { images } = backboneBatch(run.opened)
  const weights = settings.store.startValues()
  const known = new Set(program.inputs.map(({ name }) => name))
  const used = [...weights].filter(([name]) => known.has(name))
  const values = await program.run({ images, noise, ...Object.fromEntries(used) })
  await program.release()
  return ['train.features_after_final_norm_without_class_token', values.features]
}
