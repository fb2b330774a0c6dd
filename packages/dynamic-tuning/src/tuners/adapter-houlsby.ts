import { adaptersAfter, sequentialDropout, sequentialParameters } from './sequential-adapters.ts'
import { defineTuner } from './tuner.ts'

const places = [
  ['attn', 'adapter_attn'],
  ['mlp', 'adapter_mlp'],
] as const

/**
 * Adapters of Houlsby et al. (arXiv:1902.00751): one after the attention and one
 * after the MLP of every layer.
 */
export const adapterHoulsby = defineTuner({
  name: 'adapter-houlsby',
  summary: 'an adapter after attention and another after the MLP of every layer',
  paper: 'arXiv:1902.00751',
  equation: "a' = a + GELU(a Wd^T + bd) Wu^T + bu, f' = f + GELU(f Wd^T + bd) Wu^T + bu",
  family: 'sequential adapter',
  trainable: [/\.adapter_(?:attn|mlp)\./],
  defaults: { bottleneck: 8, adapterDropout: 0.1 },
  uses: ['bottleneck', 'adapterDropout'],
  parameterFormula: '2 L (2 D h + h + D)',
  parameterCount: (config, options) => sequentialParameters(2, config, options),
  dropoutSites: (options) => sequentialDropout(2, options),
  open: (options, pass) => adaptersAfter(places, options, pass),
})
