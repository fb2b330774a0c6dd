import fc from 'fast-check'
import type { SwinModelConfig } from '../model-config.ts'

/**
 * Two stages, not square: 4 x 8 tokens in windows of 2 x 2, then 2 x 4, where a window covers
 * one axis completely.
 */
export const tinySwin: SwinModelConfig = {
  family: 'swin',
  imageSize: [8, 16],
  patchSize: 2,
  embedDim: 4,
  depths: [2, 2],
  numHeads: [1, 2],
  windowSize: 2,
  mlpRatio: 2,
  numClasses: 3,
  layerNormEps: 1e-5,
  qkvBias: true,
}

/** Small Swins of all shapes that windows can cover. */
export const anySwin: fc.Arbitrary<SwinModelConfig> = fc
  .record({
    windows: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
    windowSize: fc.integer({ min: 1, max: 4 }),
    patchSize: fc.integer({ min: 1, max: 3 }),
    headSize: fc.integer({ min: 1, max: 3 }),
    depths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
    heads: fc.integer({ min: 1, max: 2 }),
    mlpRatio: fc.constantFrom(1, 2, 3),
    numClasses: fc.integer({ min: 1, max: 4 }),
    layerNormEps: fc.constantFrom(1e-5, 1e-2),
    qkvBias: fc.boolean(),
    reductionBias: fc.boolean(),
  })
  .map(({ windows, heads, headSize, ...rest }) => ({
    ...rest,
    family: 'swin',
    imageSize: windows.map(
      (count) => count * rest.patchSize * rest.windowSize * 2 ** (rest.depths.length - 1),
    ) as [number, number],
    // At least two features: the norm of a single one is its bias.
    embedDim: heads * headSize * 2,
    numHeads: rest.depths.map((_, stage) => heads * 2 ** stage),
  }))
