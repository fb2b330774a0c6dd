import {
  add,
  concat,
  type Dim,
  expandLike,
  mul,
  reshape,
  scalar,
  slice,
  type Tensor,
} from '@dynamic-tuning/engine'
import { adapter } from '../nn/adapter.ts'
import { dropoutOf } from './adaptformer.ts'
import { dispatchTokens } from './dispatcher.ts'
import { runActive } from './skip-tokens.ts'
import { type Dispatch, defineTuner } from './tuner.ts'

/**
 * Dynamic Tuning with MLP dispatch (arXiv:2403.11808, Eq. 8): u = x + Attn(LN1(x)), M = TD(u),
 * x' = u + M * MLP(LN2(u)) + A(u). Adapters, dispatchers and the head are trained. The one place where masked and
 * skipping forms differ is here: `mul` by the mask, or `runActive`.
 */
export const dyt = defineTuner({
  name: 'dyt',
  summary: 'Dynamic Tuning: adapters, and a dispatcher in every layer that skips the MLP for some tokens',
  trainable: [/\.adaptmlp\./, /\.mlp_token_select\./, /^head\./],
  defaults: { bottleneck: 64, adapterScale: 0.1, rate: 0.5, temperature: 5, adapterDropout: 0.1 },
  dispatches: true,
  open(options, pass) {
    const dispatches: Dispatch[] = []
    return {
      dispatches,
      hooks: {
        mlp(u, { index, weights, run }) {
          const settings = { ...options, dropout: dropoutOf(pass, index, u) }
          const base = add(u, adapter(u, weights.at('adaptmlp'), settings))
          if (pass.kind === 'complete') return add(base, run(u))
          const layer = { index, temperature: options.temperature }
          const decision = dispatchTokens(u, weights, pass, layer)
          dispatches.push(decision)
          if (pass.kind === 'skip') return runActive(u, base, decision.allLogits, run, `K${index}`)
          return add(base, mul(run(u), withClassToken(decision.mask)))
        },
      },
    }
  },
})

/** Mask of patch tokens [B, N] to a factor of all tokens [B, N + 1, 1]; the class token is always active. */
function withClassToken(mask: Tensor): Tensor {
  const one = expandLike(scalar(1), slice(mask, 1, 0, 1))
  return reshape(concat([one, mask], 1), [mask.shape[0] as Dim, Number(mask.shape[1]) + 1, 1])
}
