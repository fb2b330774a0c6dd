import { type Dim, divideDims, multiplyDims, reshape, transpose } from '@dynamic-tuning/engine'
import { attentivePooling } from '../../nn/attentive-pooling.ts'
import { zeros } from '../../nn/initializers.ts'
import type { ModelHead } from './head.ts'

/**
 * Clips of `frames` T, [3, T, H, W]: every frame is an image of its own to the backbone, row = clip * T + frame, and a learned
 * query attends to all tokens of all frames (Section 4.3 of arXiv:2403.11808). What a backbone is otherwise classified from,
 * `globalPool`, only says whether it ends in a norm.
 */
export const clipHead: ModelHead = {
  modules: ['query_token', 'attentive_blocks', 'head'],
  sampleShape: ({ frames = 1, imageSize }) => [3, frames, ...imageSize],
  imagesIn: ({ frames = 1 }) => frames,
  images(clips) {
    const [batch, channels, frames, height, width] = clips.shape as [Dim, number, number, number, number]
    const rows = multiplyDims(batch, frames)
    return reshape(transpose(clips, [0, 2, 1, 3, 4]), [rows, channels, height, width])
  },
  readsClassToken: () => false,
  pool(features, { root, config }) {
    const { frames = 1, embedDim: width, numHeads: heads, layerNormEps } = config
    const [rows, tokens] = features.shape as [Dim, number]
    const ofClip = reshape(features, [divideDims(rows, frames) as Dim, frames * tokens, width])
    const query = root.get('query_token', [1, 1, width], zeros)
    return attentivePooling(query, ofClip, root.at('attentive_blocks'), { heads, layerNormEps })
  },
}
