import { ShapeError } from '../graph/errors.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { type AxisMap, adjoint, matrixOf } from './axis-map.ts'
import { mapSizes, type Pair, pairOf } from './window.ts'

/**
 * Cell i of s over n elements: the mean of elements floor(i n / s) up to but excluding ceil((i + 1) n / s).
 */
function cells(count: number, size: number): AxisMap {
  const reads = Array.from({ length: count }, (_, i) => {
    const [start, end] = [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)]
    return Array.from({ length: end - start }, (_, at) => [start + at, 1 / (end - start)] as const)
  })
  return { size, reads }
}

function cellsOf(x: Tensor, counts: Pair): [AxisMap, AxisMap] {
  const [height, width] = mapSizes('adaptiveAveragePool', x)
  return [cells(counts[0], height), cells(counts[1], width)]
}

/** Two products with small matrices, forward and backward. */
const adaptiveAveragePoolOp: UnaryOperator<{ counts: Pair }> = {
  name: 'AdaptiveAveragePool',
  infer: ([x], { counts }) => {
    mapSizes('adaptiveAveragePool', x)
    if (counts.some((count) => !Number.isInteger(count) || count < 1))
      throw new ShapeError(`adaptiveAveragePool: ${counts} cells. Give whole numbers, 1 or more.`)
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...counts] }]
  },
  vjp: ([x], _y, [dy], { counts }) => [adjoint(dy, ...cellsOf(x, counts))],
  cost: ([x], _y, size) => size(x.shape),
  emit(emitter, { inputs: [x], outputs: [y], attributes: { counts } }) {
    const [rows, columns] = cellsOf(x, counts)
    const [left, right] = [matrixOf(rows, x.dtype), matrixOf(columns, x.dtype, true)]
    const half = emitter.node('MatMul', [emitter.constant(left), emitter.nameOf(x)])
    emitter.node('MatMul', [half, emitter.constant(right)], {}, [emitter.nameOf(y)])
  },
}

/**
 * Means over `counts` cells (rows, columns) of a map. Cells overlap where their number does not divide the
 * size, and repeat where there are more cells than elements.
 * x: [B, C, H, W] -> [B, C, ...counts].
 * @throws ShapeError for sizes that are unknown or cells that are none
 */
export function adaptiveAveragePool(x: Tensor, counts: number | Pair): Tensor {
  return apply(adaptiveAveragePoolOp, [x], { counts: pairOf(counts) })[0]
}
