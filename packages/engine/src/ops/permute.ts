import { ShapeError } from '../graph/errors.ts'
import { checkAxis, shapeText } from '../graph/shape.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface Permutation {
  readonly axis: number
  readonly order: readonly number[]
}

/** y[..., i, ...] = x[..., order[i], ...]. dx = dy in the inverse order. */
const permuteOp: UnaryOperator<Permutation> = {
  name: 'Permute',
  infer: ([x]) => [x],
  vjp: (_x, _y, [dy], { axis, order }) => [permute(dy, axis, inverseOrder(order))],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, order } }) {
    const names = [emitter.nameOf(x), int64List(emitter, order)]
    emitter.node('Gather', names, { axis }, [emitter.nameOf(y)])
  },
}

/**
 * Permutes x along an axis of known size: element i of the result is element order[i] of x.
 * @throws ShapeError where `order` does not name each element of the axis once
 */
export function permute(x: Tensor, axis: number, order: readonly number[]): Tensor {
  const at = checkAxis('permute', axis, x.shape.length)
  const seen = new Set(order)
  const whole = order.every((place) => Number.isInteger(place) && place >= 0 && place < order.length)
  if (seen.size !== order.length || !whole || x.shape[at] !== order.length)
    throw new ShapeError(
      `permute: ${order.length} places, ${seen.size} of them distinct, for axis ${at} of ${shapeText(x.shape)}. Name each element once.`,
    )
  return order.every((place, i) => place === i) ? x : apply(permuteOp, [x], { axis: at, order })[0]
}

/** The inverse permutation of `order`. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length)
  for (const [i, place] of order.entries()) inverse[place] = i
  return inverse
}
