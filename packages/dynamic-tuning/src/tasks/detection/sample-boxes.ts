import type { Random } from '@dynamic-tuning/engine'

/** How many candidates of an image are trained on. */
export interface SampleRule {
  readonly count: number
  /** Largest share of objects. */
  readonly positives: number
}

/** Indices of the candidates that are trained on, each list ascending. */
export interface BoxSample {
  readonly positive: readonly number[]
  readonly negative: readonly number[]
}

/**
 * Draws candidates: objects (label 1) up to their share, then background (label 0) up to the count. Fewer if
 * there are not enough.
 */
export function sampleBoxes(labels: Int8Array, { count, positives }: SampleRule, random: Random): BoxSample {
  const draw = (label: number, most: number): number[] => {
    const all = Array.from(labels.keys()).filter((i) => labels[i] === label)
    return random
      .shuffle(all)
      .slice(0, most)
      .sort((a, b) => a - b)
  }
  const positive = draw(1, Math.floor(count * positives))
  return { positive, negative: draw(0, count - positive.length) }
}
