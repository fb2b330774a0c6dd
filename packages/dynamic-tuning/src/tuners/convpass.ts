import { mul, type Tensor } from '@dynamic-tuning/engine'
import { layersOf } from '../models/families.ts'
import type { AttentionPart, LayerPart, MlpPart } from '../models/hooks.ts'
import { xavierUniform, zeros } from '../nn/initializers.ts'
import { linearLayer } from '../nn/linear.ts'
import { quickGelu } from '../nn/quick-gelu.ts'
import { tokenConvolution } from '../nn/token-convolution.ts'
import { dropped } from './dropout.ts'
import type { Part } from './parts.ts'
import { defineTuner, type Pass, type TunerOptions } from './tuner.ts'

/**
 * ConvPass (arXiv:2207.07039): x = x + Attn(u) + s C_attn(u), x = x + MLP(v) + s C_mlp(v) with
 * C(z) = up(qg(conv(qg(down(z))))). conv is a 3 x 3 convolution on the grid of patches, qg the quick GELU;
 * u and v are the normed tokens.
 */
export const convpass = defineTuner({
  name: 'convpass',
  summary: 'convolutional bypasses of attention and MLP',
  paper: 'arXiv:2207.07039',
  equation: "x' = x + a + s C(u), x'' = x' + f + s C(v), C(z) = up(qg(conv3x3(qg(down(z)))))",
  trainable: [/\.convpass_(?:attn|mlp)\./],
  defaults: { bottleneck: 8, adapterScale: 1, adapterDropout: 0.1 },
  uses: ['bottleneck', 'adapterScale', 'adapterDropout'],
  parameterFormula: '2 L (2 D h + h + D + 9 h^2 + h)',
  parameterCount: (config, { bottleneck: h }) =>
    2 * layersOf(config).reduce((sum, { width }) => sum + 2 * width * h + h + width + 9 * h * h + h, 0),
  dropoutSites: ({ bottleneck }) => ({ perLayer: 2, features: () => bottleneck }),
  refuses({ dispatch, dispatchLevel }) {
    if (dispatch !== 'layer' || dispatchLevel !== 'token') return undefined
    return 'its convolutions need all patches, and tokens that skip a layer skip what is inside; dispatch mlp or attention'
  },
  needsAllTokens: () => 'it convolves the grid of patches, which must be whole',
  open: (options, pass) => ({
    hooks: {},
    beside(part, x, place) {
      if (part === 'layer') return undefined
      return bypass(part, x, place, { options, pass })
    },
  }),
})

function bypass(
  part: Exclude<Part, 'layer'>,
  x: Tensor,
  { norm, weights, index, sizes }: AttentionPart | MlpPart | LayerPart,
  { options, pass }: { options: TunerOptions; pass: Pass },
): Tensor {
  const own = weights.at(`convpass_${part}`)
  const inner = linearLayer(norm(x), own.at('down'), options.bottleneck, { weight: xavierUniform })
  const mixed = quickGelu(tokenConvolution(quickGelu(inner), own.at('conv'), sizes.grid))
  const kept = dropped(mixed, pass, { layer: index, slot: part === 'attn' ? 0 : 1 })
  const up = linearLayer(kept, own.at('up'), Number(x.shape.at(-1)), { weight: zeros })
  return options.adapterScale === 1 ? up : mul(up, options.adapterScale)
}
