import { ShapeError, stopGradient, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'

/**
 * A value that a model keeps from step to step, such as a running mean. It is saved like a weight, but
 * neither trained nor frozen.
 */
export interface WeightBuffer {
  /** The value before this pass: the result of the previous pass in the same graph, without a gradient. */
  readonly value: Tensor
  /**
   * Sets the value after this pass, computed from `value`; in training passes only.
   * @throws ShapeError if `next` has another shape or type, or is not computed from `value`
   */
  update(next: Tensor): void
}

/**
 * Checks that `next` can replace `value`, and returns it without a gradient.
 * @throws ShapeError if it has another shape or type, or is not computed from `value`
 */
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
