import { ShapeError } from '../graph/errors.ts'
import {
  broadcastShapes,
  type Dim,
  isFixed,
  multiplyDims,
  type Shape,
  sameShape,
  shapeText,
} from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor } from '../graph/tensor.ts'

/** A constant list of int64 for operators that take one as an input. */
export function int64List(emitter: Pick<Emitter, 'constant'>, values: readonly number[]): string {
  return emitter.constant({
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  })
}

/** A size of a reshape's target: a number, `copy` of the input's at that place, the `rest`, or that axis of `like`. */
type Target = number | 'copy' | 'rest' | { readonly likeAxis: number }

function reshapeTarget(from: Shape, to: Shape, like: Shape | undefined): Target[] {
  let inferred = false
  return to.map((dim, axis) => {
    if (typeof dim === 'number') return dim
    if (dim === from[axis]) return 'copy'
    const likeAxis = like?.indexOf(dim) ?? -1
    if (likeAxis >= 0 && inferred) return { likeAxis }
    if (inferred)
      throw new ShapeError(
        `reshape: two unknown sizes, ${shapeText(from)} to ${shapeText(to)}. Keep one at its place, or give a like.`,
      )
    inferred = true
    return 'rest'
  })
}

const reshapeOp: Operator<{ shape: Shape }> = {
  name: 'Reshape',
  infer: ([x, like], { shape }) => {
    const input = x as Tensor
    if (multiplyDims(...input.shape) !== multiplyDims(...shape))
      throw new ShapeError(
        `reshape: ${shapeText(input.shape)} does not hold as many elements as ${shapeText(shape)}. Check the sizes.`,
      )
    reshapeTarget(input.shape, shape, like?.shape)
    return [{ dtype: input.dtype, shape }]
  },
  vjp: ([x], _y, [dy]) => [reshape(dy as Tensor, (x as Tensor).shape, x), null],
  emit(emitter, { inputs: [x, like], outputs: [y], attributes: { shape } }) {
    const target = reshapeTarget((x as Tensor).shape, shape, like?.shape)
    const name = like === undefined ? int64List(emitter, target.map(onnxSize)) : joined(emitter, target, like)
    // A literal 0 would otherwise mean "copy the input's size".
    const attributes = { ...(shape.includes(0) ? { allowzero: 1 } : {}) }
    emitter.node('Reshape', [emitter.nameOf(x as Tensor), name], attributes, [emitter.nameOf(y as Tensor)])
  },
}

function onnxSize(size: Target): number {
  return typeof size === 'number' ? size : size === 'copy' ? 0 : -1
}

/** The target put together at run time, some sizes read off `like`. */
function joined(emitter: Emitter, target: readonly Target[], like: Tensor): string {
  const pieces = target.map((size) => {
    if (typeof size !== 'object') return int64List(emitter, [onnxSize(size)])
    return emitter.node('Shape', [emitter.nameOf(like)], { start: size.likeAxis, end: size.likeAxis + 1 })
  })
  return emitter.node('Concat', pieces, { axis: 0 })
}

/**
 * The same elements in another shape of equal size. At most one size may be unknown and out of place, others must be
 * sizes of `like`, a tensor whose values are not read. @throws ShapeError
 */
export function reshape(x: Tensor, shape: Shape, like?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) return x
  const moved = shape.filter((dim, axis) => typeof dim === 'string' && dim !== x.shape[axis])
  return apply(reshapeOp, like === undefined || moved.length < 2 ? [x] : [x, like], { shape })[0] as Tensor
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

const expandOp: Operator<{ shape: Shape }> = {
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
    const target = isFixed(shape)
      ? int64List(emitter, shape)
      : emitter.node('Shape', [emitter.nameOf(like as Tensor)])
    emitter.node('Expand', [emitter.nameOf(x as Tensor), target], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** x repeated along axes of size 1 up to the shape of `like`, a tensor whose values are not read. */
export function expandLike(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x
  const { shape } = like
  return apply(expandOp, isFixed(shape) ? [x] : [x, like], { shape })[0] as Tensor
}
