import { adaptersBeside } from './adapters-beside.ts'
import { defineTuner } from './tuner.ts'

/** AdaptFormer (arXiv:2205.13535): x = x + MLP(LN2(x)) + s (ReLU(x W_down) W_up), adapters and head trained. */
export const adaptformer = defineTuner({
  name: 'adaptformer',
  summary: 'an adapter beside every MLP',
  trainable: [/\.adaptmlp\./, /^head\./],
  defaults: { bottleneck: 64, adapterScale: 0.1, adapterDropout: 0.1 },
  adapterParts: () => ['mlp'],
  open: (options, pass) => adaptersBeside(['mlp'], options, pass),
})
