import { dims } from '../graph/dims.ts'
import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { broadcastShapes, type Dim, multiplyDims, type Shape, shapeText } from '../graph/shape.ts'
import { apply, type BinaryOperator, type Operator, type Tensor } from '../graph/tensor.ts'
import { dequantizedAgain } from './dequantize.ts'
import { reshape, transpose } from './shape.ts'

function lastTwoSwapped(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis)
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
}

const matMulOp: BinaryOperator = {
  name: 'MatMul',
  rows: ([_a, b]) => (b.shape.length === 2 ? [0] : []),
  infer: ([a, b]) => {
    checkSameType('matMul', [a, b])
    if (a.shape.length < 2 || b.shape.length < 2)
      throw new ShapeError(`matMul: needs rank 2 or more, ${shapeText(a.shape)} · ${shapeText(b.shape)}.`)
    const [rows, inner] = dims(a, '... _ _', 'matMul')
    const [same, columns] = dims(b, '... _ _', 'matMul')
    if (inner !== same)
      throw new ShapeError(
        `matMul: inner sizes differ, a ${shapeText(a.shape)} · b ${shapeText(b.shape)}. Transpose b?`,
      )
    const batch = broadcastShapes('matMul', [a.shape.slice(0, -2), b.shape.slice(0, -2)])
    return [{ dtype: a.dtype, shape: [...batch, rows, columns] }]
  },
  vjp: ([a, b], _y, [dy]) => [matMul(dy, lastTwoSwapped(b)), matMul(lastTwoSwapped(a), dy)],
  cost: ([a], [y], size) => size(y.shape) * size(a.shape.slice(-1)),
}

/**
 * Matrix product over the last two axes, the others broadcast. a: [..., M, K], b: [..., K, N] -> [..., M, N].
 */
export function matMul(a: Tensor, b: Tensor): Tensor {
  return apply(matMulOp, [a, b], {})[0]
}

interface GemmAttributes {
  readonly transA: boolean
  readonly transB: boolean
}

/** Rows and columns of a matrix as it is read. */
function matrixSizes(x: { readonly shape: Shape }, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = dims(x, '_ _', 'gemm')
  return transposed ? [columns, rows] : [rows, columns]
}

/** Product of two matrices, each of which may be transposed, plus an optional bias. */
const gemmOp: Operator<GemmAttributes, readonly [Tensor, Tensor, ...Tensor[]], readonly [Tensor]> = {
  name: 'Gemm',
  rows: (_inputs, { transA }) => (transA ? [] : [0]),
  infer: ([a, b, c], { transA, transB }) => {
    checkSameType('gemm', [a, b, c])
    if (a.shape.length !== 2 || b.shape.length !== 2)
      throw new ShapeError(`gemm: needs two matrices, ${shapeText(a.shape)} · ${shapeText(b.shape)}.`)
    const [m, k] = matrixSizes(a, transA)
    const [k2, n] = matrixSizes(b, transB)
    if (k !== k2)
      throw new ShapeError(
        `gemm: inner sizes differ, a ${shapeText([m, k])} · b ${shapeText([k2, n])}. Check the weight's layout.`,
      )
    if (c !== undefined && (c.shape.length !== 1 || c.shape[0] !== n))
      throw new ShapeError(`gemm: bias ${shapeText(c.shape)} for ${n} columns. Give one value per column.`)
    return [{ dtype: a.dtype, shape: [m, n] }]
  },
  vjp: ([x, b, c], _y, [g], { transA, transB }) => {
    const w = dequantizedAgain(b) ?? b
    const da = transA ? gemm(w, g, { transA: transB, transB: true }) : gemm(g, w, { transB: !transB })
    const db = transB ? gemm(g, x, { transA: true, transB: transA }) : gemm(x, g, { transA: !transA })
    return c === undefined ? [da, db] : [da, db, g]
  },
  cost: ([_a, b], [y], size) => size(b.shape) * size(y.shape.slice(0, 1)),
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const names = inputs.map((x) => emitter.nameOf(x))
    const attrs = { transA: Number(attributes.transA), transB: Number(attributes.transB) }
    emitter.node('Gemm', names, attrs, [emitter.nameOf(y)])
  },
}

/** a b + c with a: [M, K], b: [K, N], c: [N]. `transA` and `transB`: that matrix is given transposed. */
export function gemm(
  a: Tensor,
  b: Tensor,
  options: { c?: Tensor; transA?: boolean; transB?: boolean } = {},
): Tensor {
  const { c, transA = false, transB = false } = options
  return apply(gemmOp, [a, b, ...(c === undefined ? [] : [c])], { transA, transB })[0]
}

/** y = x W^T + b over the last axis. x: [..., I], weight: [O, I], bias: [O] -> [..., O]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const rows = x.shape.slice(0, -1)
  const flat = x.shape.length === 2 ? x : reshape(x, [multiplyDims(...rows), ...x.shape.slice(-1)])
  const y = gemm(flat, weight, { transB: true, ...(bias === undefined ? {} : { c: bias }) })
  return x.shape.length === 2 ? y : reshape(y, [...rows, ...weight.shape.slice(0, 1)], x)
}
