import { ShapeError } from '../graph/errors.ts'
import { type Dim, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { mul } from './elementwise.ts'
import { gatherRows, scatterRows, zerosLike } from './gather.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

const stopGradientOp: Operator = {
  name: 'StopGradient',
  rows: 'elements',
  infer: ([x]) => [x as Tensor],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    emitter.alias(y as Tensor, emitter.nameOf(x as Tensor))
  },
}

/** x, held fixed: no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {})[0] as Tensor
}

const straightThroughOp: Operator = {
  name: 'StraightThrough',
  rows: 'elements',
  infer: ([hard, soft]) => {
    const [value, path] = [hard as Tensor, soft as Tensor]
    if (!sameShape(value.shape, path.shape) || value.dtype !== path.dtype)
      throw new ShapeError(
        `straightThrough: hard ${value.dtype} ${shapeText(value.shape)}, soft ${path.dtype} ${shapeText(path.shape)}. They must agree.`,
      )
    return [value]
  },
  vjp: (_inputs, _y, [dy]) => [null, dy as Tensor],
  emit(emitter, { inputs: [hard], outputs: [y] }) {
    emitter.alias(y as Tensor, emitter.nameOf(hard as Tensor))
  },
}

/** `hard` going forward; the gradient passes to `soft` unchanged (straight-through estimator). */
export function straightThrough(hard: Tensor, soft: Tensor): Tensor {
  return apply(straightThroughOp, [hard, soft], {})[0] as Tensor
}

/** y, of whose rows `mask` has a factor each; the inputs after them are pairs of row numbers and what the factors multiply. */
const rowMaskOp: Operator = {
  name: 'RowMask',
  infer: ([y, mask]) => {
    const [values, factors] = [y as Tensor, mask as Tensor]
    if (factors.shape.length !== 1 || factors.shape[0] !== values.shape[0])
      throw new ShapeError(
        `rowMask: mask ${shapeText(factors.shape)} for rows of ${shapeText(values.shape)}. Give one value per row.`,
      )
    return [values]
  },
  vjp: ([_y, mask, ...pairs], _out, [dy]) => {
    let slope = reshape(zerosLike(mask as Tensor), [(mask as Tensor).shape[0] as Dim, 1])
    for (let i = 0; i < pairs.length; i += 2) {
      const [places, values] = pairs.slice(i, i + 2) as [Tensor, Tensor]
      const products = mul(gatherRows(dy as Tensor, places), values)
      const axes = values.shape.map((_, axis) => axis).slice(1)
      const sums = reshape(reduceSum(products, { axes }), [values.shape[0] as Dim, 1])
      slope = scatterRows(slope, places, sums)
    }
    return [dy as Tensor, reshape(slope, (mask as Tensor).shape), ...pairs.map(() => null)]
  },
  emit(emitter, { inputs: [y], outputs: [out] }) {
    emitter.alias(out as Tensor, emitter.nameOf(y as Tensor))
  },
}

/** Some rows of a product: `places` int64 [K, 1] among all rows, each at most once, `values` [K, ...]. */
export interface Rows {
  readonly places: Tensor
  readonly values: Tensor
}

/**
 * y, which already holds the sum of some rows times their factor in `mask` [R]: the gradient passes to y, and the mask's is
 * that of a product, the row sums of dy * values. For masks of 0 and 1 whose rows were computed apart. y: [R, ...].
 */
export function rowMask(y: Tensor, mask: Tensor, products: readonly Rows[]): Tensor {
  const pairs = products.flatMap(({ places, values }) => [places, values])
  return apply(rowMaskOp, [y, mask, ...pairs], {})[0] as Tensor
}
