import { DTypeError, ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { checkAxis, isFixed, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import {
  apply,
  type BinaryOperator,
  type Tensor,
  type TernaryOperator,
  type UnaryOperator,
} from '../graph/tensor.ts'
import { cast, equal } from './compare.ts'
import { expandLike, int64List } from './shape.ts'

function checkIndices(operator: string, indices: Tensor): void {
  if (indices.dtype !== 'int64')
    throw new DTypeError(`${operator}: indices are ${indices.dtype}, not int64. Cast them.`)
}

function checkRows(operator: string, { shape }: Tensor): void {
  if (shape.length !== 2 || shape[1] !== 1)
    throw new ShapeError(`${operator}: indices ${shapeText(shape)}, not [K, 1]. Reshape them.`)
}

/** Shape of the rows of `data` at `indices`: [K, ...]. */
function rowsShape(data: Tensor, indices: Tensor): Shape {
  return [...indices.shape.slice(0, 1), ...data.shape.slice(1)]
}

/** Rows of `data` ([R, ...]) at `indices` ([K, 1]) -> [K, ...]; the gradient adds rows that repeat. */
const gatherRowsOp: BinaryOperator = {
  name: 'GatherND',
  infer: ([data, indices]) => {
    checkIndices('gatherRows', indices)
    checkRows('gatherRows', indices)
    return [{ dtype: data.dtype, shape: rowsShape(data, indices) }]
  },
  vjp: ([data, indices], _y, [dy]) => [scatterAddRows(zerosLike(data), indices, dy), null],
}

/** Rows of x at `indices`. x: [R, ...], indices: int64 [K, 1] -> [K, ...]. */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherRowsOp, [x, indices], {})[0]
}

function inferScatter(
  operator: string,
  [data, indices, updates]: readonly [Tensor, Tensor, Tensor],
): readonly Tensor[] {
  checkIndices(operator, indices)
  checkRows(operator, indices)
  checkSameType(operator, [data, updates])
  const wanted = rowsShape(data, indices)
  if (!sameShape(updates.shape, wanted))
    throw new ShapeError(`${operator}: updates ${shapeText(updates.shape)}, not ${shapeText(wanted)}.`)
  return [data]
}

/** Rows of `data` at `indices` replaced by `updates`. */
const scatterRowsOp: TernaryOperator = {
  name: 'ScatterND',
  infer: (inputs) => inferScatter('scatterRows', inputs),
  vjp: ([_data, indices, updates], _y, [dy]) => [
    scatterRows(dy, indices, zerosLike(updates)),
    null,
    gatherRows(dy, indices),
  ],
}

/** x with the rows at `indices` (int64 [K, 1], each at most once) replaced by `updates` [K, ...]. */
export function scatterRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterRowsOp, [x, indices, updates], {})[0]
}

const scatterAddRowsOp: TernaryOperator = {
  name: 'ScatterAddRows',
  infer: (inputs) => inferScatter('scatterAddRows', inputs),
  vjp: ([_data, indices], _y, [dy]) => [dy, null, gatherRows(dy, indices)],
  // ONNX Runtime's ScatterND adds rows on several threads without a lock and loses repeats; ScatterElements
  // does not.
  emit(emitter, { inputs: [data, indices, updates], outputs: [y] }) {
    const [x, rows, added] = [emitter.nameOf(data), emitter.nameOf(indices), emitter.nameOf(updates)]
    const outputs = [emitter.nameOf(y)]
    if (areDistinct(indices)) {
      emitter.node('ScatterND', [x, rows, added], { reduction: 'add' }, outputs)
      return
    }
    const column = int64List(emitter, [-1, ...data.shape.slice(1).map(() => 1)])
    const places = data.shape.length === 2 ? rows : emitter.node('Reshape', [rows, column])
    const shape = isFixed(updates.shape) ? int64List(emitter, updates.shape) : emitter.node('Shape', [added])
    const everywhere = emitter.node('Expand', [places, shape])
    emitter.node('ScatterElements', [x, everywhere, added], { axis: 0, reduction: 'add' }, outputs)
  },
}

/** True if the indices are those of the non-zero elements of a list: they never repeat. */
function areDistinct({ node }: Tensor): boolean {
  const [source] = node.inputs
  if (node.op.name === 'NonZero') return source?.shape.length === 1
  return source !== undefined && ['Reshape', 'Transpose'].includes(node.op.name) && areDistinct(source)
}

/** x with `updates` [K, ...] added to the rows at `indices` (int64 [K, 1]; repeated indices add up). */
export function scatterAddRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterAddRowsOp, [x, indices, updates], {})[0]
}

const nonZeroOp: UnaryOperator<{ symbol: string }> = {
  name: 'NonZero',
  infer: ([x], { symbol }) => [{ dtype: 'int64', shape: [x.shape.length, symbol] }],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    emitter.node('NonZero', [emitter.nameOf(x)], {}, [emitter.nameOf(y)])
  },
}

/**
 * Indices of the elements that are not zero, in row-major order: int64 [rank, K]; `symbol` names K in shapes.
 */
export function nonZero(x: Tensor, symbol: string): Tensor {
  return apply(nonZeroOp, [x], { symbol })[0]
}

const gatherOp: BinaryOperator<{ axis: number }> = {
  name: 'Gather',
  infer: ([x, indices], { axis }) => {
    checkIndices('gather', indices)
    const { dtype, shape } = x
    return [{ dtype, shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)] }]
  },
}

/**
 * Elements of x at int64 `indices` along `axis`; carries no gradient (use gatherRows where one is needed).
 */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(gatherOp, [x, indices], { axis: checkAxis('gather', axis, x.shape.length) })[0]
}

/**
 * 1 where the class index equals the label, else 0. labels: int64 [...] (any rank) -> float32 [..., classes].
 */
export function oneHot(labels: Tensor, classes: Tensor): Tensor {
  return cast(equal(labels, classes), 'float32')
}

/** Zeros in the shape of x. */
export function zerosLike(x: Tensor): Tensor {
  return expandLike(asTensor(0, x), x)
}
