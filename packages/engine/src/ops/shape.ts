import { ShapeError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { broadcastShapes, isFixed, multiplyDims, type Shape, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor, type UnaryOperator } from '../graph/tensor.ts'

/** Adds a constant list of int64, for operators that take one as an input; returns its name. */
export function int64List(emitter: Pick<Emitter, 'constant'>, values: readonly number[]): string {
  return emitter.constant({
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  })
}

/**
 * A size in the target of a reshape: a number, that of the input's same axis, what remains, or that of an
 * axis of `like`.
 */
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

/** x, and a tensor from whose sizes some of the target's are read at run time. */
type InputsWithLike = readonly [Tensor, ...Tensor[]]

/** The elements of x in another shape. */
export const reshapeOp: Operator<{ shape: Shape }, InputsWithLike, readonly [Tensor]> = {
  name: 'Reshape',
  infer: ([x, like], { shape }) => {
    if (multiplyDims(...x.shape) !== multiplyDims(...shape))
      throw new ShapeError(
        `reshape: ${shapeText(x.shape)} does not hold as many elements as ${shapeText(shape)}. Check the sizes.`,
      )
    reshapeTarget(x.shape, shape, like?.shape)
    return [{ dtype: x.dtype, shape }]
  },
  vjp: ([x], _y, [dy]) => [reshape(dy, x.shape, x), null],
  emit(emitter, { inputs: [x, like], outputs: [y], attributes: { shape } }) {
    const target = reshapeTarget(x.shape, shape, like?.shape)
    const name =
      like === undefined ? int64List(emitter, target.map(onnxSize)) : targetFromLike(emitter, target, like)
    // A literal 0 would otherwise mean "copy the input's size".
    const attributes = { ...(shape.includes(0) ? { allowzero: 1 } : {}) }
    emitter.node('Reshape', [emitter.nameOf(x), name], attributes, [emitter.nameOf(y)])
  },
}

function onnxSize(size: Target): number {
  return typeof size === 'number' ? size : size === 'copy' ? 0 : -1
}

/** Builds the target at run time; some sizes come from `like`. */
function targetFromLike(emitter: Emitter, target: readonly Target[], like: Tensor): string {
  const pieces = target.map((size) => {
    if (typeof size !== 'object') return int64List(emitter, [onnxSize(size)])
    return emitter.node('Shape', [emitter.nameOf(like)], { start: size.likeAxis, end: size.likeAxis + 1 })
  })
  return emitter.node('Concat', pieces, { axis: 0 })
}

/**
 * The elements of x in another shape. Of the unknown sizes that x does not have on the same axis, at most one
 * may be left to compute; the others must be sizes of `like`, a tensor whose values are not read.
 * @throws ShapeError where the number of elements differs or two sizes cannot be determined
 */
export function reshape(x: Tensor, shape: Shape, like?: Tensor): Tensor {
  if (sameShape(x.shape, shape)) return x
  const moved = shape.filter((dim, axis) => typeof dim === 'string' && dim !== x.shape[axis])
  return apply(reshapeOp, [x, ...(like === undefined || moved.length < 2 ? [] : [like])], { shape })[0]
}

const transposeOp: UnaryOperator<{ perm: readonly number[] }> = {
  name: 'Transpose',
  infer: ([x], { perm }) => {
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== x.shape.length)
      throw new ShapeError(`transpose: [${perm}] is no order of the axes of ${shapeText(x.shape)}.`)
    return [{ dtype: x.dtype, shape: perm.map((axis) => present(x.shape[axis], 'an axis')) }]
  },
  vjp: (_x, _y, [dy], { perm }) => [
    transpose(
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
}

/** Permutes the axes: axis i of the result is axis perm[i] of x. */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return apply(transposeOp, [x], { perm })[0]
}

const expandOp: Operator<{ shape: Shape }, InputsWithLike, readonly [Tensor]> = {
  name: 'Expand',
  infer: ([x], { shape }) => {
    const common = broadcastShapes('expand', [x.shape, shape])
    if (!sameShape(common, shape))
      throw new ShapeError(`expand: ${shapeText(x.shape)} does not broadcast to ${shapeText(shape)}.`)
    return [{ dtype: x.dtype, shape }]
  },
  vjp: (_x, _y, [dy]) => [dy, null],
  emit(emitter, { inputs: [x, like], outputs: [y], attributes }) {
    const { shape } = attributes
    const target = isFixed(shape)
      ? int64List(emitter, shape)
      : emitter.node('Shape', [emitter.nameOf(present(like, 'the input like'))])
    emitter.node('Expand', [emitter.nameOf(x), target], {}, [emitter.nameOf(y)])
  },
}

/** x broadcast to the shape of `like`, a tensor whose values are not read. */
export function expandLike(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x
  const { shape } = like
  return apply(expandOp, [x, ...(isFixed(shape) ? [] : [like])], { shape })[0]
}
