import { asTensor } from '../graph/scalar.ts'
import { apply, type BinaryOperator, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { int64List } from './shape.ts'
import { padWidths } from './slice.ts'
import { both, mapSizes, type Pair, type Window } from './window.ts'

/** x [., ., H, W] with a value on both sides of its rows and columns. Carries no gradient. */
const padMapOp: BinaryOperator<{ padding: Pair }> = {
  name: 'PadMap',
  infer: ([x], { padding }) => {
    const sizes = mapSizes('pad', x)
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...both((i) => sizes[i] + 2 * padding[i])] }]
  },
  emit(emitter, { inputs: [x, value], outputs: [y], attributes: { padding } }) {
    const widths = padWidths(emitter, x, (axis) => [padding[axis - 2] ?? 0, padding[axis - 2] ?? 0])
    emitter.node('Pad', [emitter.nameOf(x), widths, emitter.nameOf(value)], {}, [emitter.nameOf(y)])
  },
}

interface TapAttributes {
  readonly first: Pair
  readonly step: Pair
  readonly counts: Pair
}

/** Every `step`-th row and column of x [., ., H, W] from `first` on. Carries no gradient. */
const tapOp: UnaryOperator<TapAttributes> = {
  name: 'WindowTap',
  infer: ([x], { counts }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...counts] }],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { first, step, counts } }) {
    const end = both((axis) => first[axis] + step[axis] * (counts[axis] - 1) + 1)
    const lists = [first, end, [2, 3], step].map((list) => int64List(emitter, list))
    emitter.node('Slice', [emitter.nameOf(x), ...lists], {}, [emitter.nameOf(y)])
  },
}

/** Places of the elements of a window, row by row. */
export function tapPlaces({ kernel: [rows, columns] }: Window): Pair[] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns])
}

/**
 * For each element of a window, row by row: its value in every window. `counts` are the numbers of windows
 * along rows and columns; beside the map is `outside`. They carry no gradient.
 * x: [., ., H, W] -> each [., ., ...counts].
 */
export function windowTaps(x: Tensor, window: Window, counts: Pair, outside = 0): Tensor[] {
  const { stride, padding, dilation } = window
  const isPadded = padding.some((width) => width > 0)
  const padded = isPadded ? apply(padMapOp, [x, asTensor(outside, x)], { padding })[0] : x
  return tapPlaces(window).map((place) => {
    const first = both((axis) => place[axis] * dilation[axis])
    const sizes = mapSizes('window', padded)
    const whole = both((axis) => first[axis] === 0 && stride[axis] === 1 && counts[axis] === sizes[axis])
    return whole.every(Boolean) ? padded : apply(tapOp, [padded], { first, step: stride, counts })[0]
  })
}
