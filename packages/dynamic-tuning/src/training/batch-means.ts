import { add, input, mul, stopGradient, sub, type Tensor } from '@dynamic-tuning/engine'

/** Input of a training graph: the share of the batch that this pass sees, []. */
const share = 'share'
const others = 'others.'
const mean = 'mean.'

/** Means of some values over the images of a pass, by name. */
export type Means = Readonly<Record<string, number>>

/**
 * Means over a whole batch, for loss terms that are no mean over images themselves, such as the square of a
 * mean. A pass that sees a piece of the batch is told what the other pieces add to the mean.
 */
export class BatchMeans {
  private readonly share = input(share, [])
  private readonly means = new Map<string, Tensor>()

  /**
   * The mean over the whole batch, [], of a value whose mean over this pass is `own`, []:
   * m = sum_i share_i own_i over all pieces i. Its gradient with respect to `own` is 1 and not share_i: the
   * gradients of the pieces are summed with their shares anyway, which makes f'(m) sum_i share_i d own_i,
   * the gradient of f(m).
   */
  of(name: string, own: Tensor): Tensor {
    this.means.set(name, own)
    const whole = add(input(`${others}${name}`, []), mul(own, this.share))
    return add(stopGradient(sub(whole, own)), own)
  }

  /** The means over the images of this pass, as outputs of its graph. */
  get outputs(): Record<string, Tensor> {
    return Object.fromEntries([...this.means].map(([name, own]) => [`${mean}${name}`, own]))
  }
}

/** The mean that the output of this name of a training graph holds; undefined for other outputs. */
export function meanOf(output: string): string | undefined {
  return output.startsWith(mean) ? output.slice(mean.length) : undefined
}

/**
 * The value of an input of a training graph that belongs to means over the batch, for a pass over `part` of
 * its images; `ofOthers` has the sum over the other pieces of share times mean, and is empty for a pass over
 * the whole batch. Undefined for other inputs.
 */
export function meanFeed(name: string, part: number, ofOthers: Means): Float32Array | undefined {
  if (name === share) return Float32Array.of(part)
  if (name.startsWith(others)) return Float32Array.of(ofOthers[name.slice(others.length)] ?? 0)
  return undefined
}
