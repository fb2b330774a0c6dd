import { DTypeError, ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { type Dim, isFixed, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { zerosLike } from './gather.ts'
import { int64List } from './shape.ts'

/** Shape of the rows that `indices` name in x. @throws DTypeError, ShapeError where they do not fit */
function rowsShape(operator: string, x: Tensor, indices: Tensor): Shape {
  if (indices.dtype !== 'int64')
    throw new DTypeError(`${operator}: indices are ${indices.dtype}, not int64. Cast them.`)
  if (x.shape.length !== 3 || indices.shape.length !== 2 || indices.shape[0] !== x.shape[0])
    throw new ShapeError(
      `${operator}: indices ${shapeText(indices.shape)} for ${shapeText(x.shape)}. Needs [B, K] for [B, N, C].`,
    )
  return [x.shape[0] as Dim, indices.shape[1] as Dim, x.shape[2] as Dim]
}

/** y[b, k] = x[b, indices[b, k]]; the gradient adds rows that repeat. */
const gatherBatchedOp: Operator = {
  name: 'GatherBatched',
  infer: ([x, indices]) => {
    const [values, places] = [x as Tensor, indices as Tensor]
    return [{ dtype: values.dtype, shape: rowsShape('gatherBatched', values, places) }]
  },
  vjp: ([x, indices], _y, [dy]) => [
    scatterAddBatched(zerosLike(x as Tensor), indices as Tensor, dy as Tensor),
    null,
  ],
  emit(emitter, { inputs, outputs: [y] }) {
    const [x, indices] = inputs.map((tensor) => emitter.nameOf(tensor)) as [string, string]
    const column = emitter.node('Unsqueeze', [indices, int64List(emitter, [2])])
    emitter.node('GatherND', [x, column], { batch_dims: 1 }, [emitter.nameOf(y as Tensor)])
  },
}

/** Rows of each x[b] at its own `indices`. x: [B, N, C], indices: int64 [B, K] -> [B, K, C]. */
export function gatherBatched(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherBatchedOp, [x, indices], {})[0] as Tensor
}

/** y = x with y[b, indices[b, k]] += updates[b, k]. */
const scatterAddBatchedOp: Operator = {
  name: 'ScatterAddBatched',
  infer: (inputs) => {
    const [x, indices, updates] = inputs as readonly [Tensor, Tensor, Tensor]
    const wanted = rowsShape('scatterAddBatched', x, indices)
    checkSameType('scatterAddBatched', [x, updates])
    if (!sameShape(updates.shape, wanted))
      throw new ShapeError(
        `scatterAddBatched: updates ${shapeText(updates.shape)}, not ${shapeText(wanted)}. Give a row for each index.`,
      )
    return [x]
  },
  vjp: ([_x, indices], _y, [dy]) => [dy as Tensor, null, gatherBatched(dy as Tensor, indices as Tensor)],
  emit(emitter, { inputs, outputs: [y] }) {
    const [x, indices, added] = inputs.map((tensor) => emitter.nameOf(tensor)) as [string, string, string]
    const { shape } = inputs[2] as Tensor
    const column = emitter.node('Unsqueeze', [indices, int64List(emitter, [2])])
    const size = isFixed(shape) ? int64List(emitter, shape) : emitter.node('Shape', [added])
    const everywhere = shape[2] === 1 ? column : emitter.node('Expand', [column, size])
    const attributes = { axis: 1, reduction: 'add' }
    emitter.node('ScatterElements', [x, everywhere, added], attributes, [emitter.nameOf(y as Tensor)])
  },
}

/**
 * x with rows added to each x[b] at its own `indices`; repeats add up. x: [B, N, C], indices: int64 [B, K],
 * updates: [B, K, C] -> [B, N, C].
 */
export function scatterAddBatched(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return apply(scatterAddBatchedOp, [x, indices, updates], {})[0] as Tensor
}
