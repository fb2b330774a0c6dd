import { random, type TensorData } from '@dynamic-tuning/engine'

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

/**
 * Dropout factors of A adapters, [A, B, N, d]: 0 with probability `share`, otherwise 1 / (1 - share). Each
 * image has its own random stream.
 */
export function dropoutFactors(
  key: { readonly seed: number; readonly step: number; readonly first: number; readonly pass: string },
  share: number,
  [layers, images, tokens, features]: readonly [number, number, number, number],
): TensorData<'float32'> {
  const row = tokens * features
  const data = new Float32Array(layers * images * row)
  const kept = 1 / (1 - share)
  for (let image = 0; image < images; image++) {
    const stream = random(key.seed, 'dropout', key.pass, key.step, key.first + image)
    for (let layer = 0; layer < layers; layer++) {
      const start = (layer * images + image) * row
      for (let i = 0; i < row; i++) data[start + i] = stream.uniform() < share ? 0 : kept
    }
  }
  return { dtype: 'float32', shape: [layers, images, tokens, features], data }
}

/**
 * Factors of drop path for S branches of all layers, [S, B, 1]: 0 with the chance of the branch, otherwise
 * 1 / (1 - chance). Each image has its own random stream.
 */
export function dropPathFactors(
  key: { readonly seed: number; readonly step: number; readonly first: number; readonly pass: string },
  chances: readonly number[],
  images: number,
): TensorData<'float32'> {
  const data = new Float32Array(chances.length * images)
  for (let image = 0; image < images; image++) {
    const stream = random(key.seed, 'drop path', key.pass, key.step, key.first + image)
    for (const [branch, chance] of chances.entries())
      data[branch * images + image] = stream.uniform() < chance ? 0 : 1 / (1 - chance)
  }
  return { dtype: 'float32', shape: [chances.length, images, 1], data }
}
