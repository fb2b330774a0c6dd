import { DTypeError, ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { isFixed, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import {
  apply,
  type BinaryOperator,
  type Emitter,
  type Tensor,
  type TernaryOperator,
} from '../graph/tensor.ts'
import { zerosLike } from './gather.ts'
import { int64List } from './shape.ts'

/** Shape of the rows of x at `indices`, [B, K, C]. @throws DTypeError, ShapeError where they do not fit */
function rowsShape(operator: string, x: Tensor, indices: Tensor): Shape {
  if (indices.dtype !== 'int64')
    throw new DTypeError(`${operator}: indices are ${indices.dtype}, not int64. Cast them.`)
  if (x.shape.length !== 3 || indices.shape.length !== 2 || indices.shape[0] !== x.shape[0])
    throw new ShapeError(
      `${operator}: indices ${shapeText(indices.shape)} for ${shapeText(x.shape)}. Needs [B, K] for [B, N, C].`,
    )
  return [...indices.shape, ...x.shape.slice(2)]
}

/** The indices as [B, K, 1]. */
function indexColumn(emitter: Emitter, indices: Tensor): string {
  return emitter.node('Unsqueeze', [emitter.nameOf(indices), int64List(emitter, [2])])
}

/** y[b, k] = x[b, indices[b, k]]; the gradient adds rows that repeat. */
const gatherBatchedOp: BinaryOperator = {
  name: 'GatherBatched',
  infer: ([x, indices]) => [{ dtype: x.dtype, shape: rowsShape('gatherBatched', x, indices) }],
  vjp: ([x, indices], _y, [dy]) => [scatterAddBatched(zerosLike(x), indices, dy), null],
  emit(emitter, { inputs: [x, indices], outputs: [y] }) {
    const column = indexColumn(emitter, indices)
    emitter.node('GatherND', [emitter.nameOf(x), column], { batch_dims: 1 }, [emitter.nameOf(y)])
  },
}

/** Rows of each x[b] at `indices[b]`. x: [B, N, C], indices: int64 [B, K] -> [B, K, C]. */
export function gatherBatched(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherBatchedOp, [x, indices], {})[0]
}

/** y = x with y[b, indices[b, k]] += updates[b, k]. */
const scatterAddBatchedOp: TernaryOperator = {
  name: 'ScatterAddBatched',
  infer: ([x, indices, updates]) => {
    const wanted = rowsShape('scatterAddBatched', x, indices)
    checkSameType('scatterAddBatched', [x, updates])
    if (!sameShape(updates.shape, wanted))
      throw new ShapeError(
        `scatterAddBatched: updates ${shapeText(updates.shape)}, not ${shapeText(wanted)}. Give a row for each index.`,
      )
    return [x]
  },
  vjp: ([_x, indices], _y, [dy]) => [dy, null, gatherBatched(dy, indices)],
  emit(emitter, { inputs: [x, indices, updates], outputs: [y] }) {
    const { shape } = updates
    const added = emitter.nameOf(updates)
    const column = indexColumn(emitter, indices)
    const size = isFixed(shape) ? int64List(emitter, shape) : emitter.node('Shape', [added])
    const everywhere = shape[2] === 1 ? column : emitter.node('Expand', [column, size])
    const attributes = { axis: 1, reduction: 'add' }
    emitter.node('ScatterElements', [emitter.nameOf(x), everywhere, added], attributes, [emitter.nameOf(y)])
  },
}

/**
 * x with rows added to each x[b] at `indices[b]`; repeated indices add up.
 * x: [B, N, C], indices: int64 [B, K], updates: [B, K, C] -> [B, N, C].
 */
export function scatterAddBatched(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterAddBatchedOp, [x, indices, updates], {})[0]
}
