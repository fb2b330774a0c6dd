import { ShapeError } from '../graph/errors.ts'
import { broadcastShapes, type Dim, multiplyDims, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor } from '../graph/tensor.ts'
import { reduceSum } from './reduce.ts'

/** A constant list of int64 for operators that take one as an input. */
export function int64List(emitter: Emitter, values: readonly number[]): string {
  return emitter.constant({
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  })
}

/** ONNX's target of a reshape: 0 copies the input's size at that place, -1 is inferred. @throws ShapeError */
function reshapeTarget(from: Shape, to: Shape): number[] {
  let inferred = false
  return to.map((dim, axis) => {
    if (typeof dim === 'number') return dim
    if (dim === from[axis]) return 0
    if (inferred)
      throw new ShapeError(
        `reshape: two unknown sizes, ${shapeText(from)} to ${shapeText(to)}. Keep one at its place.`,
      )
    inferred = true
    return -1
  })
}

const reshapeOp: Operator<{ shape: Shape }> = {
  name: 'Reshape',
  infer: ([x], { shape }) => {
    const input = x as Tensor
    if (multiplyDims(...input.shape) !== multiplyDims(...shape))
      throw new ShapeError(
        `reshape: ${shapeText(input.shape)} does not hold as many elements as ${shapeText(shape)}. Check the sizes.`,
      )
    reshapeTarget(input.shape, shape)
    return [{ dtype: input.dtype, shape }]
  },
  vjp: ([x], _y, [dy]) => [reshape(dy as Tensor, (x as Tensor).shape)],
  emit(emitter, { inputs: [x], outputs: [y], attributes }) {
    const target = int64List(emitter, reshapeTarget((x as Tensor).shape, attributes.shape))
    emitter.node('Reshape', [emitter.nameOf(x as Tensor), target], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** The same elements in another shape of equal size; at most one size may be unknown and out of place. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  return apply(reshapeOp, [x], { shape })[0] as Tensor
}

const transposeOp: Operator<{ perm: readonly number[] }> = {
  name: 'Transpose',
  infer: ([x], { perm }) => {
    const input = x as Tensor
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== input.shape.length)
      throw new ShapeError(`transpose: [${perm}] is no order of the axes of ${shapeText(input.shape)}.`)
    return [{ dtype: input.dtype, shape: perm.map((axis) => input.shape[axis] as Dim) }]
  },
  vjp: (_x, _y, [dy], { perm }) => [
    transpose(
      dy as Tensor,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
}

/** Axes in another order: output axis i is input axis perm[i]. */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return apply(transposeOp, [x], { perm })[0] as Tensor
}

const expandOp: Operator<{ shape: Shape; like?: Tensor }> = {
  name: 'Expand',
  infer: ([x], { shape }) => {
    const input = x as Tensor
    const common = broadcastShapes('expand', [input.shape, shape])
    if (!sameShape(common, shape))
      throw new ShapeError(`expand: ${shapeText(input.shape)} does not broadcast to ${shapeText(shape)}.`)
    return [{ dtype: input.dtype, shape }]
  },
  vjp: (_x, _y, [dy]) => [dy as Tensor, null],
  emit(emitter, { inputs: [x, like], outputs: [y], attributes }) {
    const { shape } = attributes
    const target = shape.every((dim) => typeof dim === 'number')
      ? int64List(emitter, shape as readonly number[])
      : emitter.node('Shape', [emitter.nameOf(like as Tensor)])
    emitter.node('Expand', [emitter.nameOf(x as Tensor), target], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** x repeated along axes of size 1 up to the shape of `like`, a tensor whose values are not read. */
export function expandLike(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x
  return apply(expandOp, [x, like], { shape: like.shape })[0] as Tensor
}

/** Sum of `gradient` over the axes along which `shape` was broadcast, so that it has that shape again. */
export function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const axes = gradient.shape.map((_, axis) => axis)
  const summed = axes.filter((axis) => axis < extra || shape[axis - extra] !== gradient.shape[axis])
  return reshape(reduceSum(gradient, { axes: summed, keepDims: true }), shape)
}
