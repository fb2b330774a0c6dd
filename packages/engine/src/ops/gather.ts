import { DTypeError, ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { checkAxis, type Dim, isFixed, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
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

/** Rows of `data` ([R, ...]) at `indices` ([K, 1]) -> [K, ...]; the gradient adds rows that repeat. */
const gatherRowsOp: Operator = {
  name: 'GatherND',
  infer: ([data, indices]) => {
    const [values, rows] = [data as Tensor, indices as Tensor]
    checkIndices('gatherRows', rows)
    checkRows('gatherRows', rows)
    return [{ dtype: values.dtype, shape: [rows.shape[0] as Dim, ...values.shape.slice(1)] }]
  },
  vjp: ([data, indices], _y, [dy]) => [
    scatterAddRows(zerosLike(data as Tensor), indices as Tensor, dy as Tensor),
    null,
  ],
}

/** Rows of x at `indices`. x: [R, ...], indices: int64 [K, 1] -> [K, ...]. */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherRowsOp, [x, indices], {})[0] as Tensor
}

function inferScatter(operator: string, inputs: readonly Tensor[]): readonly Tensor[] {
  const [data, indices, updates] = inputs as readonly [Tensor, Tensor, Tensor]
  checkIndices(operator, indices)
  checkRows(operator, indices)
  checkSameType(operator, [data, updates])
  const wanted: Shape = [indices.shape[0] as Dim, ...data.shape.slice(1)]
  if (!sameShape(updates.shape, wanted))
    throw new ShapeError(`${operator}: updates ${shapeText(updates.shape)}, not ${shapeText(wanted)}.`)
  return [data]
}

/** Rows of `data` at `indices` replaced by `updates`. */
const scatterRowsOp: Operator = {
  name: 'ScatterND',
  infer: (inputs) => inferScatter('scatterRows', inputs),
  vjp: ([_data, indices, updates], _y, [dy]) => [
    scatterRows(dy as Tensor, indices as Tensor, zerosLike(updates as Tensor)),
    null,
    gatherRows(dy as Tensor, indices as Tensor),
  ],
}

/** x with the rows at `indices` (int64 [K, 1], each at most once) replaced by `updates` [K, ...]. */
export function scatterRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterRowsOp, [x, indices, updates], {})[0] as Tensor
}

const scatterAddRowsOp: Operator = {
  name: 'ScatterAddRows',
  infer: (inputs) => inferScatter('scatterAddRows', inputs),
  vjp: ([_data, indices], _y, [dy]) => [dy as Tensor, null, gatherRows(dy as Tensor, indices as Tensor)],
  // ONNX Runtime's ScatterND adds rows on several threads without a lock: repeats get lost. ScatterElements does not.
  emit(emitter, { inputs, outputs: [y] }) {
    const [data, indices, updates] = inputs as readonly [Tensor, Tensor, Tensor]
    const [x, rows, added] = inputs.map((tensor) => emitter.nameOf(tensor)) as [string, string, string]
    const outputs = [emitter.nameOf(y as Tensor)]
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

/** Whether row numbers come from the places of non-zero elements of a list, which never repeat. */
function areDistinct({ node }: Tensor): boolean {
  if (node.op.name === 'NonZero') return node.inputs[0]?.shape.length === 1
  return ['Reshape', 'Transpose'].includes(node.op.name) && areDistinct(node.inputs[0] as Tensor)
}

/** x with `updates` [K, ...] added to the rows at `indices` (int64 [K, 1], repeats add up). */
export function scatterAddRows(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterAddRowsOp, [x, indices, updates], {})[0] as Tensor
}

const nonZeroOp: Operator<{ symbol: string }> = {
  name: 'NonZero',
  infer: ([x], { symbol }) => [{ dtype: 'int64', shape: [(x as Tensor).shape.length, symbol] }],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    emitter.node('NonZero', [emitter.nameOf(x as Tensor)], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** Places of the elements that are not zero, in row-major order: int64 [rank, K]; `symbol` names K in shapes. */
export function nonZero(x: Tensor, symbol: string): Tensor {
  return apply(nonZeroOp, [x], { symbol })[0] as Tensor
}

const gatherOp: Operator<{ axis: number }> = {
  name: 'Gather',
  infer: ([x, indices], { axis }) => {
    const [values, places] = [x as Tensor, indices as Tensor]
    checkIndices('gather', places)
    const { dtype, shape } = values
    return [{ dtype, shape: [...shape.slice(0, axis), ...places.shape, ...shape.slice(axis + 1)] }]
  },
}

/** Elements of x at int64 `indices` along `axis`; carries no gradient (use gatherRows where one is needed). */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(gatherOp, [x, indices], { axis: checkAxis('gather', axis, x.shape.length) })[0] as Tensor
}

/** 1 where the class index equals the label, else 0. labels: int64 [...] (any rank) -> float32 [..., classes]. */
export function oneHot(labels: Tensor, classes: Tensor): Tensor {
  return cast(equal(labels, classes), 'float32')
}

/** Zeros in the shape of x. */
export function zerosLike(x: Tensor): Tensor {
  return expandLike(asTensor(0, x), x)
}
