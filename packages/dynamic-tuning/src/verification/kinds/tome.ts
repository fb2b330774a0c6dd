import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { patchCount } from '../../models/vit/vit-config.ts'
import { reductionOptions } from '../../reduction/options.ts'
import { openBackboneFixture } from '../backbone-fixture.ts'
import { isBackboneFixture } from '../backbone-settings.ts'
import { fixtureConfig } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import {
  checkRun,
  inferred,
  type Named,
  type ReductionRun,
  recorded,
  single,
  trained,
} from './reduction-run.ts'

const whole = z.int().min(0)
const fields = z.looseObject({
  hyper_parameters: z
    .looseObject({
      r: z.union([whole, z.array(whole)]).optional(),
      r_per_layer_requested: z.array(whole).optional(),
      proportional_attention: z.boolean().default(true),
      class_token_protected: z.literal(true).default(true),
    })
    .refine((given) => given.r !== undefined || given.r_per_layer_requested, 'r is missing'),
})

/** ToMe: logits of both forms of inference, gradients, and merged tokens in every layer. */
export const tomeKind: FixtureKind = {
  name: 'tome',
  matches: (config) =>
    isBackboneFixture(config) && z.looseObject({ method: z.literal('tome') }).safeParse(config).success,
  async produce(fixture, compile) {
    const {
      r,
      r_per_layer_requested: list,
      proportional_attention,
    } = fixtureConfig(fixture, fields).hyper_parameters
    const given = { reduction: 'tome', tomeR: list ?? r, tomeProportional: proportional_attention } as const
    const reduction = reductionOptions({ ...given, tomeTraining: true })
    const run: ReductionRun = { opened: openBackboneFixture(fixture), reduction, compile }
    checkRun(run)
    const plain = { ...run, reduction: { ...reduction, tomeProportional: false } }
    const { result, gradients } = await trained(run, 'grad.')
    const records = await recorded(run)
    return new Map([
      await inferred(run, 'logits (inference)'),
      await inferred(plain, 'logits.without_proportional_attention'),
      ...gradients,
      ...records,
      ['loss', single(result.scalars.loss)] satisfies Named,
      ['source', sourceOf(run, records.get('places'))] satisfies Named,
    ])
  },
}

/** 1 if an input token was merged into an output token, [B, T_final, T]; the identity if nothing merged. */
function sourceOf({ opened: { config, fixture } }: ReductionRun, places: TensorData | undefined): TensorData {
  const tokens = patchCount(config) + 1
  const [batch = 0] = fixture.inputs.get('images')?.shape ?? []
  const place = (image: number, token: number): number =>
    places === undefined ? token : Number(places.data[image * tokens + token])
  let last = 0
  for (let token = 0; token < tokens; token++) last = Math.max(last, place(0, token))
  const data = new Float32Array(batch * (last + 1) * tokens)
  for (let image = 0; image < batch; image++)
    for (let token = 0; token < tokens; token++)
      data[(image * (last + 1) + place(image, token)) * tokens + token] = 1
  return { dtype: 'float32', shape: [batch, last + 1, tokens], data }
}
