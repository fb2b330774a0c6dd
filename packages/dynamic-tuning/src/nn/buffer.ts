import { ShapeError, stopGradient, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'

/**
 * A value that a model keeps from step to step, such as a running mean: saved like a weight, but neither trained
 * nor frozen.
 */
export interface WeightBuffer {
  /** The value before this pass: what the pass before it in the same graph has left, without a gradient. */
  readonly value: Tensor
  /**
   * Sets what the value is after this pass, computed from `value`; for passes of training alone.
   * @throws ShapeError if `next` has another shape or type, or is not computed from `value`
   */
  update(next: Tensor): void
}

/** `next` without a gradient, checked to continue `value`. */
export function nextValue(name: string, value: Tensor, next: Tensor): Tensor {
  const text = ({ dtype, shape }: Tensor): string => `${dtype} [${shape}]`
  if (text(next) !== text(value))
    throw new ShapeError(
      `buffer ${name}: ${text(value)} is to become ${text(next)}. Keep its shape and type.`,
    )
  if (!topologicalOrder([next]).includes(value.node))
    throw new ShapeError(`buffer ${name}: its next value does not depend on the last. Compute it from that.`)
  return stopGradient(next)
}
