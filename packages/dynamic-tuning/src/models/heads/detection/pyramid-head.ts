import { dims, reshape, type Tensor, transpose } from '@dynamic-tuning/engine'
import { type Head, onlyTap } from '../../head.ts'
import { featurePyramid } from './feature-pyramid.ts'

/** A head that gives the levels of the simple feature pyramid: `p2` to `p6`, see `featurePyramid`. */
export function pyramidHead(features: number): Head {
  return {
    classes: 1,
    reads: [{ normed: false, tokens: 'patches' }],
    own: [/^simfp_/],
    needsAllTokens: 'makes maps of all patches',
    build(taps, { weights }): Record<string, Tensor> {
      const { tokens, sizes } = onlyTap(taps)
      const [batch, , width] = dims(tokens, '_ N C', 'pyramid')
      const map = reshape(transpose(tokens, [0, 2, 1]), [batch, width, ...sizes.grid])
      return { ...featurePyramid(map, weights, features) }
    },
  }
}
