import { reduceMean } from '@dynamic-tuning/engine'
import type { ModelHead } from './head.ts'

/** Images one by one where tokens fill a grid without a class token, as in a Swin: the mean of all tokens is classified. */
export const gridHead: ModelHead = {
  modules: ['head'],
  sampleShape: ({ imageSize }) => [3, ...imageSize],
  imagesIn: () => 1,
  images: (samples) => samples,
  readsClassToken: () => false,
  pool: (features) => reduceMean(features, { axes: [1] }),
}
