import type { Random } from '@dynamic-tuning/engine'

/** Draws the values of a new weight. Linear weights have shape [out, in]. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** All zeros. */
export const zeros: Initializer = (shape) => new Float32Array(size(shape))

/** Every value is `value`. */
export function filledWith(value: number): Initializer {
  return (shape) => new Float32Array(size(shape)).fill(value)
}

/** All ones. */
export const ones: Initializer = filledWith(1)

/**
 * Normal distribution with standard deviation `std`; values beyond +-2 (absolute,
 * as in timm) are drawn again.
 */
export function truncatedNormal(std: number): Initializer {
  return (shape, random) =>
    new Float32Array(size(shape)).map(() => {
      let value = random.normal() * std
      while (Math.abs(value) > 2) value = random.normal() * std
      return value
    })
}

/** Normal distribution with the given standard deviation and mean. */
export function normal(std: number, mean = 0): Initializer {
  return (shape, random) => new Float32Array(size(shape)).map(() => mean + std * random.normal())
}

/** Uniform distribution in +-`bound`. */
export function uniform(bound: number): Initializer {
  return (shape, random) => new Float32Array(size(shape)).map(() => (2 * random.uniform() - 1) * bound)
}

/**
 * Xavier-uniform: +-sqrt(6 / (fan in + fan out)), where both fans include the kernel size, if any.
 * shape: [out, in, ...kernel].
 */
export const xavierUniform: Initializer = (shape, random) => {
  const [out = 1, into = 1, ...kernel] = shape
  return uniform(Math.sqrt(6 / ((out + into) * size(kernel))))(shape, random)
}

/** Uniform in +-1 / sqrt(in): PyTorch's Kaiming-uniform with a = sqrt(5), as for `nn.Linear`. */
export const kaimingUniform: Initializer = (shape, random) => {
  return uniform(1 / Math.sqrt(size(shape.slice(1))))(shape, random)
}

/**
 * Kaiming-normal over the outgoing fan: std = sqrt(2 / (out * kernel size)), for a convolution before a ReLU.
 * shape: [out, in, ...kernel].
 */
export const kaimingNormalOut: Initializer = (shape, random) => {
  const [out = 1, , ...kernel] = shape
  return normal(Math.sqrt(2 / (out * size(kernel))))(shape, random)
}
