import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** Part of the name of a stream of random numbers. */
export type StreamKey = number | string

const unit = 2 ** -32

/**
 * A seeded stream of random numbers, named by its purpose: `random(seed, 'noise', step, layer)`. Equal keys
 * give equal numbers in every process, so no state has to be saved to resume.
 */
export interface Random {
  /** Uniform in [0, 1), with 32 random bits. */
  uniform(): number
  /** Uniform in {0, ..., bound - 1}. */
  integer(bound: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Gumbel(0, 1): -ln(-ln(u)). */
  gumbel(): number
  /** Shuffles `items` in place (Fisher-Yates) and returns them. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A
}

/** The stream of random numbers for a seed and keys. */
export function random(seed: number, ...keys: StreamKey[]): Random {
  const generator = xoroshiro128plusFromState(state([seed, ...keys]))
  let spare: number | undefined
  const uniform = (): number => (generator.next() >>> 0) * unit
  return {
    uniform,
    integer: (bound) => Math.floor(uniform() * bound),
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(uniform() + unit / 2))
      const angle = 2 * Math.PI * uniform()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    gumbel: () => -Math.log(-Math.log(uniform() + unit / 2)),
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last--) {
        const other = Math.floor(uniform() * (last + 1))
        const held = items[last]
        items[last] = items[other]
        items[other] = held
      }
      return items
    },
  }
}

/** Four 32-bit words from the keys: for each word FNV-1a over their text, then the finalizer of murmur3. */
function state(keys: readonly StreamKey[]): number[] {
  const text = JSON.stringify(keys)
  return [0, 1, 2, 3].map((word) => {
    let hash = 0x811c9dc5 ^ Math.imul(word, 0x9e3779b1)
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) | (word === 0 ? 1 : 0)
  })
}
