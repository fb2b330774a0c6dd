import fc from 'fast-check'
import { globalPools } from './heads/global-pool.ts'
import type { VitModelConfig } from './model-config.ts'

/** Two layers, six patches, not square. */
export const tiny: VitModelConfig = {
  imageSize: [8, 12],
  patchSize: 4,
  embedDim: 8,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
  numClasses: 3,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}

/** Small ViTs of all shapes, with and without layer scale, registers and a position for the class token. */
export const anyVit: fc.Arbitrary<VitModelConfig> = fc
  .record({
    rows: fc.integer({ min: 1, max: 3 }),
    columns: fc.integer({ min: 1, max: 3 }),
    patchSize: fc.integer({ min: 1, max: 4 }),
    headSize: fc.integer({ min: 1, max: 4 }),
    depth: fc.integer({ min: 1, max: 3 }),
    numHeads: fc.integer({ min: 1, max: 3 }),
    mlpRatio: fc.constantFrom(1, 3, 4),
    numClasses: fc.integer({ min: 1, max: 4 }),
    globalPool: fc.constantFrom(...globalPools),
    layerNormEps: fc.constantFrom(1e-6, 1e-5, 1e-2),
    qkvBias: fc.boolean(),
    initValues: fc.constantFrom(undefined, 1e-5),
    regTokens: fc.constantFrom(undefined, 0, 1, 4),
    noEmbedClass: fc.constantFrom(undefined, false, true),
    relativePositionBias: fc.constantFrom(undefined, true),
  })
  .map(({ rows, columns, headSize, ...rest }) => ({
    ...rest,
    imageSize: [rows * rest.patchSize, columns * rest.patchSize],
    embedDim: rest.numHeads * headSize + rest.numHeads,
  }))
