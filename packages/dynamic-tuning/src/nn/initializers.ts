import type { Random } from '@dynamic-tuning/engine'

/** Fills a new weight of a shape. Linear weights are [out, in]. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** All zeros. */
export const zeros: Initializer = (shape) => new Float32Array(size(shape))

/** All of one value. */
export function filledWith(value: number): Initializer {
  return (shape) => new Float32Array(size(shape)).fill(value)
}

/** All ones. */
export const ones: Initializer = filledWith(1)

/** Normal with deviation `std`, values beyond +-2 (absolute, as timm does) drawn again. */
export function truncatedNormal(std: number): Initializer {
  return (shape, random) =>
    new Float32Array(size(shape)).map(() => {
      let value = random.normal() * std
      while (Math.abs(value) > 2) value = random.normal() * std
      return value
    })
}

/** Uniform in +-1 / sqrt(in): PyTorch's Kaiming-uniform with a = sqrt(5), as for `nn.Linear`. */
export const kaimingUniform: Initializer = (shape, random) => {
  const bound = 1 / Math.sqrt(size(shape.slice(1)))
  return new Float32Array(size(shape)).map(() => (2 * random.uniform() - 1) * bound)
}
