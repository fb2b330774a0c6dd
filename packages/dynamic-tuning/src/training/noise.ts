import { random, sizeOf, type TensorData } from '@dynamic-tuning/engine'

/**
 * Difference G1 - G2 of two Gumbel samples for each gate, image and decision, [D, B, n, 1]. The difference
 * follows a logistic distribution, so one uniform sample is enough. Each image has its own random stream, so
 * the numbers do not depend on micro-batches.
 */
export function gumbelNoise(
  key: { readonly seed: number; readonly step: number | 'inference'; readonly first: number },
  [layers, images, tokens]: readonly [number, number, number],
): TensorData<'float32'> {
  const data = new Float32Array(layers * images * tokens)
  for (let image = 0; image < images; image++) {
    const stream = random(key.seed, 'gumbel', key.step, key.first + image)
    for (let layer = 0; layer < layers; layer++) {
      const start = (layer * images + image) * tokens
      for (let token = 0; token < tokens; token++) {
        const u = stream.uniform() + 2 ** -33
        data[start + token] = Math.log(u / (1 - u))
      }
    }
  }
  return { dtype: 'float32', shape: [layers, images, tokens, 1], data }
}

/** What factors are drawn from: besides seed, step and image, the kind of dropout and its graph input. */
export interface DropKey {
  readonly seed: number
  readonly step: number
  readonly first: number
  readonly kind: 'dropout' | 'drop path'
  readonly pass: string
}

/**
 * Factors of S slots that drop values, [S, I, ...]: 0 with the chance of the slot, otherwise 1 / (1 -
 * chance). Each image has its own random stream, which draws slot by slot, so the factors do not depend on
 * micro-batches.
 * @param chances one for each slot
 */
export function dropFactors(
  { seed, step, first, kind, pass }: DropKey,
  chances: readonly number[],
  [images, ...rest]: readonly [images: number, ...number[]],
): TensorData<'float32'> {
  const row = sizeOf(rest)
  const data = new Float32Array(chances.length * images * row)
  for (let image = 0; image < images; image++) {
    const stream = random(seed, kind, pass, step, first + image)
    for (const [slot, chance] of chances.entries()) {
      const start = (slot * images + image) * row
      const kept = 1 / (1 - chance)
      for (let i = 0; i < row; i++) data[start + i] = stream.uniform() < chance ? 0 : kept
    }
  }
  return { dtype: 'float32', shape: [chances.length, images, ...rest], data }
}
