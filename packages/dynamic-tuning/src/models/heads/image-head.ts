import { concat, type Dim, reduceMean, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { layerNorm } from '../../nn/layer-norm.ts'
import { asVit } from '../model-config.ts'
import type { ModelHead } from './head.ts'

/** Images one by one in a ViT, classified from the class token, the mean of the patches, or both, as `globalPool` says. */
export const imageHead: ModelHead = {
  modules: ['head'],
  sampleShape: ({ imageSize }) => [3, ...imageSize],
  imagesIn: () => 1,
  images: (samples) => samples,
  readsClassToken: (config) => asVit(config).globalPool === 'token',
  pool(features, { root: weights, config: ofModel }, sites) {
    const config = asVit(ofModel)
    const { layerNormEps, globalPool, embedDim, regTokens = 0 } = config
    const meanOfPatches = (tokens: Tensor): Tensor =>
      reduceMean(slice(tokens, 1, 1 + regTokens, Number(tokens.shape[1])), { axes: [1] })
    if (globalPool === 'avg')
      return sites.normed(layerNorm(meanOfPatches(features), weights.at('fc_norm'), layerNormEps), 'fc_norm')
    const first = reshape(slice(features, 1, 0, 1), [features.shape[0] as Dim, embedDim])
    return globalPool === 'token' ? first : concat([first, meanOfPatches(features)], 1)
  },
}
