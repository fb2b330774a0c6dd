import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** What a stream is for: numbers and words, in order. */
export type StreamKey = number | string

const unit = 2 ** -32

/**
 * A seeded stream of random numbers named by what it is for: `random(seed, 'noise', step, layer)`.
 * Equal keys give equal numbers in every process, so nothing has to be saved to resume.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number
  /** Uniform in {0, ..., bound - 1}. */
  integer(bound: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Gumbel(0, 1): -ln(-ln(u)). */
  gumbel(): number
  /** Puts `items` into random order, in place (Fisher-Yates), and returns them. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A
}

/** The stream of random numbers that `seed` and `keys` name. */
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

/** Four 32-bit words from the keys: FNV-1a over their text, once per word, each finished with murmur3's mixer. */
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
