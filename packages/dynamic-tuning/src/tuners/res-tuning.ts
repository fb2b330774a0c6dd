import { add, gelu, stopGradient, type Tensor } from '@dynamic-tuning/engine'
import { isVit } from '../models/backbone-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { bottleneck } from '../nn/bottleneck.ts'
import { normal, xavierUniform } from '../nn/initializers.ts'
import type { Weights } from '../nn/weight-store.ts'
import { defineTuner } from './tuner.ts'

const start = { down: xavierUniform, up: xavierUniform, bias: normal(1e-6) }

/**
 * Res-Tuning-Bypass (arXiv:2310.19859): b_0 = x_0, b_l = R_lat(x_l) + R_ver(b_{l-1}) parallel to the
 * frozen layers x_l, with R(z) = z + GELU(z Wd^T + bd) Wu^T + bu. The final norm reads b_L. No
 * gradient passes through the model.
 */
export const resTuning = defineTuner({
  name: 'res-tuning',
  summary: 'a bypass of units beside the frozen layers, through which alone gradients pass',
  paper: 'arXiv:2310.19859',
  equation: 'b_l = R(x_l) + R(b_(l-1)), R(z) = z + GELU(z Wd^T + bd) Wu^T + bu, b_0 = x_0',
  family: 'bypass',
  startsAsBase: false,
  trainable: [/^bypass\./],
  defaults: { bottleneck: 10 },
  uses: ['bottleneck'],
  parameterFormula: '2 L (2 D h + h + D)',
  parameterCount: ({ depth, embedDim }: VitConfig, { bottleneck: h }) =>
    2 * depth * (2 * embedDim * h + h + embedDim),
  refuses: ({ dispatch }) =>
    dispatch === 'none'
      ? undefined
      : 'its bypass reads every token of the frozen layers, which dispatchers would have to be trained in; leave dispatch out',
  refusesModel: (config) =>
    isVit(config)
      ? undefined
      : 'it adds the tokens of all layers up, and here stages have other tokens and widths',
  needsAllTokens: () => 'it adds the tokens of all layers up, which must be as many',
  open: ({ bottleneck: features }) => ({
    hooks: {
      leave: (_x, { embed, blocks }, { root }) =>
        blocks.reduce((b, x, layer) => {
          const at = root.at(`bypass.${layer}`)
          return add(unit(stopGradient(x), at.at('lateral'), features), unit(b, at.at('vertical'), features))
        }, stopGradient(embed)),
    },
  }),
})

/** A Res-Tuning unit: R(z). */
function unit(z: Tensor, weights: Weights, features: number): Tensor {
  return add(z, bottleneck(z, weights, { features, activation: gelu, init: start }))
}
