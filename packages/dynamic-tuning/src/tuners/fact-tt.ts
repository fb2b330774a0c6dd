import { concat, type Tensor } from '@dynamic-tuning/engine'
import { asVit } from '../models/backbone-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { kaimingUniform } from '../nn/initializers.ts'
import { type CoreSource, factHooks, factTuner, mergeFact, pieces } from './fact.ts'
import { defineTuner, type Tensors } from './tuner.ts'

/**
 * Each small matrix is a separate weight: `attn.fact_{q,k,v,proj}`, `mlp.fact_fc1`
 * [m r, r], `mlp.fact_fc2` [r, m r].
 */
const trainCores: CoreSource = {
  nodes({ root, config }, layer, r) {
    const at = root.at(`blocks.${layer}`)
    const m = pieces(asVit(config))
    const square = (name: string): Tensor => at.get(`attn.fact_${name}.weight`, [r, r], kaimingUniform)
    return {
      qkv: concat([square('q'), square('k'), square('v')], 0),
      proj: square('proj'),
      fc1: at.get('mlp.fact_fc1.weight', [m * r, r], kaimingUniform),
      fc2: at.get('mlp.fact_fc2.weight', [r, m * r], kaimingUniform),
    }
  },
  values(tensors, layer) {
    const at = (name: string): Float32Array => dataOf(tensors, `blocks.${layer}.${name}.weight`)
    return {
      qkv: [...at('attn.fact_q'), ...at('attn.fact_k'), ...at('attn.fact_v')],
      proj: at('attn.fact_proj'),
      fc1: at('mlp.fact_fc1'),
      fc2: at('mlp.fact_fc2'),
    }
  },
}

const dataOf = (tensors: Tensors, name: string): Float32Array => tensors.get(name)?.data as Float32Array

/**
 * FacT as a tensor train (arXiv:2212.03145): W = W + s V S U, with a separate weight S
 * for every piece of every map.
 */
export const factTt = defineTuner({
  ...factTuner,
  name: 'fact-tt',
  summary: 'changes of all weights as a tensor train, which merge into them',
  equation: 'W = W + s V S U for every D x D piece, U and V shared by the model, S of each piece trained',
  trainable: [/^fact\.[uv]\.weight$/, /\.fact_(?:q|k|v|proj|fc1|fc2)\.weight$/],
  defaults: { rank: 16, adapterScale: 1, adapterDropout: 0.1 },
  parameterFormula: '2 D r + L (4 + 2 m) r^2',
  parameterCount: (config: VitConfig, { rank: r }) =>
    2 * config.embedDim * r + config.depth * (4 + 2 * pieces(config)) * r * r,
  open: (options, pass) => factHooks(trainCores, options, pass),
  merge: mergeFact(trainCores),
})
