import { adapterDropout, adapterOptions, adapterParameters, adaptersBeside } from './adapters-beside.ts'
import { defineTuner } from './tuner.ts'

/**
 * AdaptFormer (arXiv:2205.13535): x = x + MLP(LN2(x)) + s (ReLU(x W_down) W_up). Trains adapters and head.
 */
export const adaptformer = defineTuner({
  name: 'adaptformer',
  summary: 'an adapter beside every MLP',
  paper: 'arXiv:2205.13535',
  equation: "x' = x + f + s (ReLU(x Wd^T + bd) Wu^T + bu)",
  family: 'adapter',
  trainable: [/\.adaptmlp\./],
  defaults: { bottleneck: 64, adapterScale: 0.1, adapterDropout: 0.1 },
  uses: adapterOptions,
  parameterFormula: 'L (2 D h + h + D)',
  parameterCount: (config, options) => adapterParameters(['mlp'], config, options),
  dropoutSites: (options) => adapterDropout(['mlp'], options),
  open: (options, pass) => adaptersBeside(['mlp'], options, pass),
})
