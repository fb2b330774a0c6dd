import { z } from 'zod'
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

const fields = z.looseObject({
  hyper_parameters: z.looseObject({
    keep_rate_per_layer: z.array(z.number().gt(0).max(1)),
    fuse_inattentive_tokens: z.boolean().default(true),
  }),
})

/** EViT: logits with and without the fused token, gradients, and the kept tokens. */
export const evitKind: FixtureKind = {
  name: 'evit',
  matches: (config) =>
    isBackboneFixture(config) && z.looseObject({ method: z.literal('evit') }).safeParse(config).success,
  async produce(fixture, compile) {
    const { keep_rate_per_layer, fuse_inattentive_tokens } = fixtureConfig(fixture, fields).hyper_parameters
    const reducing = [...keep_rate_per_layer.entries()].filter(([, rate]) => rate < 1)
    const reduction = reductionOptions({
      reduction: 'evit',
      reductionLayers: reducing.map(([layer]) => layer),
      keepRate: reducing.map(([, rate]) => rate),
      evitFuse: fuse_inattentive_tokens,
    })
    const run: ReductionRun = { opened: openBackboneFixture(fixture), reduction, compile }
    checkRun(run)
    const { result, gradients } = await trained(run, 'grad.')
    return new Map([
      await inferred(run, 'logits (inference)'),
      await inferred({ ...run, reduction: { ...reduction, evitFuse: false } }, 'logits.without_fused_token'),
      ...gradients,
      ...(await recorded(run)),
      ['loss', single(result.scalars.loss)] satisfies Named,
    ])
  },
}
