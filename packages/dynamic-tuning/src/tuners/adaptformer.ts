import { add, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { adapter } from '../nn/adapter.ts'
import { defineTuner, type Pass } from './tuner.ts'

/** AdaptFormer (arXiv:2205.13535): x = x + MLP(LN2(x)) + s (ReLU(x W_down) W_up), adapters and head trained. */
export const adaptformer = defineTuner({
  name: 'adaptformer',
  summary: 'an adapter beside every MLP',
  trainable: [/\.adaptmlp\./, /^head\./],
  defaults: { bottleneck: 64, adapterScale: 0.1, rate: 1, temperature: 5, adapterDropout: 0.1 },
  open(options, pass) {
    return {
      dispatches: [],
      hooks: {
        mlp(x, { index, weights, run }) {
          const settings = { ...options, dropout: dropoutOf(pass, index, x) }
          return add(add(x, run(x)), adapter(x, weights.at('adaptmlp'), settings))
        },
      },
    }
  },
})

/** This layer's dropout factors [B, N + 1, d] out of the pass's [L, B, N + 1, d]. */
export function dropoutOf(pass: Pass, index: number, x: Tensor): Tensor | undefined {
  const all = 'dropout' in pass ? pass.dropout : undefined
  if (all === undefined) return undefined
  const [batch, tokens] = x.shape as [string, number]
  return reshape(slice(all, 0, index, index + 1), [batch, tokens, all.shape[3] as number])
}
