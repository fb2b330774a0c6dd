import { adaptersAfter, sequentialDropout, sequentialParameters } from './sequential-adapters.ts'
import { defineTuner } from './tuner.ts'

/**
 * Adapters as placed by Pfeiffer et al. (arXiv:2005.00247): one after the MLP of every layer. This is the
 * "Adapter" of the VTAB-1K tables.
 */
export const adapterPfeiffer = defineTuner({
  name: 'adapter-pfeiffer',
  summary: 'an adapter after the MLP of every layer',
  paper: 'arXiv:2005.00247',
  equation: "f' = f + GELU(f Wd^T + bd) Wu^T + bu",
  family: 'sequential adapter',
  trainable: [/\.adapter\./],
  defaults: { bottleneck: 8, adapterDropout: 0.1 },
  uses: ['bottleneck', 'adapterDropout'],
  parameterFormula: 'L (2 D h + h + D)',
  parameterCount: (config, options) => sequentialParameters(1, config, options),
  dropoutSites: (options) => sequentialDropout(1, options),
  open: (options, pass) => adaptersAfter([['mlp', 'adapter']], options, pass),
})
