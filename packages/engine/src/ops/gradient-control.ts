import { ShapeError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { sameShape, shapeText } from '../graph/shape.ts'
import {
  apply,
  type BinaryOperator,
  type Operator,
  type Tensor,
  type UnaryOperator,
} from '../graph/tensor.ts'
import { mul } from './elementwise.ts'
import { gatherRows, scatterRows, zerosLike } from './gather.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

const stopGradientOp: UnaryOperator = {
  name: 'StopGradient',
  rows: () => 'elements',
  infer: ([x]) => [x],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    emitter.alias(y, emitter.nameOf(x))
  },
}

/** x without a gradient. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {})[0]
}

const straightThroughOp: BinaryOperator = {
  name: 'StraightThrough',
  rows: () => 'elements',
  infer: ([hard, soft]) => {
    if (!sameShape(hard.shape, soft.shape) || hard.dtype !== soft.dtype)
      throw new ShapeError(
        `straightThrough: hard ${hard.dtype} ${shapeText(hard.shape)}, soft ${soft.dtype} ${shapeText(soft.shape)}. They must agree.`,
      )
    return [hard]
  },
  vjp: (_inputs, _y, [dy]) => [null, dy],
  emit(emitter, { inputs: [hard], outputs: [y] }) {
    emitter.alias(y, emitter.nameOf(hard))
  },
}

/** `hard` going forward; the gradient passes to `soft` unchanged (straight-through estimator). */
export function straightThrough(hard: Tensor, soft: Tensor): Tensor {
  return apply(straightThroughOp, [hard, soft], {})[0]
}

/** y and mask, then for each product the numbers of its rows and their values. */
type RowMaskInputs = readonly [Tensor, Tensor, ...Tensor[]]

/** y, whose rows were already multiplied by the factors in `mask`. */
const rowMaskOp: Operator<object, RowMaskInputs, readonly [Tensor]> = {
  name: 'RowMask',
  infer: ([y, mask]) => {
    if (mask.shape.length !== 1 || mask.shape[0] !== y.shape[0])
      throw new ShapeError(
        `rowMask: mask ${shapeText(mask.shape)} for rows of ${shapeText(y.shape)}. Give one value per row.`,
      )
    return [y]
  },
  vjp: ([_y, mask, ...pairs], _out, [dy]) => {
    let slope = reshape(zerosLike(mask), [...mask.shape, 1])
    for (const { places, values } of rowsOf(pairs)) {
      const products = mul(gatherRows(dy, places), values)
      const axes = values.shape.map((_, axis) => axis).slice(1)
      const sums = reshape(reduceSum(products, { axes }), [...values.shape.slice(0, 1), 1])
      slope = scatterRows(slope, places, sums)
    }
    return [dy, reshape(slope, mask.shape), ...pairs.map(() => null)]
  },
  emit(emitter, { inputs: [y], outputs: [out] }) {
    emitter.alias(out, emitter.nameOf(y))
  },
}

function rowsOf(pairs: readonly Tensor[]): Rows[] {
  const places = pairs.filter((_, i) => i % 2 === 0)
  return places.map((tensor, i) => ({ places: tensor, values: present(pairs[2 * i + 1], 'a product') }))
}

/**
 * Some rows of a product: their numbers `places`, int64 [K, 1], each at most once, and their `values`
 * [K, ...].
 */
export interface Rows {
  readonly places: Tensor
  readonly values: Tensor
}

/**
 * Gives `mask` [R] its gradient where only its active rows were computed. y already holds those rows times
 * their factors; its gradient passes unchanged. The gradient of the mask is that of a product: the row sums
 * of dy * values. y: [R, ...].
 */
export function rowMask(y: Tensor, mask: Tensor, products: readonly Rows[]): Tensor {
  const pairs = products.flatMap(({ places, values }) => [places, values])
  return apply(rowMaskOp, [y, mask, ...pairs], {})[0]
}
