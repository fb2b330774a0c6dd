import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { broadcastShapes, type Dim, multiplyDims, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { madeAnew } from './dequantize.ts'
import { reshape, transpose } from './shape.ts'

function lastTwoSwapped(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis)
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
}

const matMulOp: Operator = {
  name: 'MatMul',
  rows: ([_a, b]) => ((b as Tensor).shape.length === 2 ? [0] : []),
  infer: ([a, b]) => {
    const [left, right] = [a as Tensor, b as Tensor]
    checkSameType('matMul', [left, right])
    if (left.shape.length < 2 || right.shape.length < 2)
      throw new ShapeError(
        `matMul: needs rank 2 or more, ${shapeText(left.shape)} · ${shapeText(right.shape)}.`,
      )
    if (left.shape.at(-1) !== right.shape.at(-2))
      throw new ShapeError(
        `matMul: inner sizes differ, a ${shapeText(left.shape)} · b ${shapeText(right.shape)}. Transpose b?`,
      )
    const batch = broadcastShapes('matMul', [left.shape.slice(0, -2), right.shape.slice(0, -2)])
    return [{ dtype: left.dtype, shape: [...batch, left.shape.at(-2) as Dim, right.shape.at(-1) as Dim] }]
  },
  vjp: ([a, b], _y, [dy]) => [
    matMul(dy as Tensor, lastTwoSwapped(b as Tensor)),
    matMul(lastTwoSwapped(a as Tensor), dy as Tensor),
  ],
  cost: ([a], [y], size) => size((y as Tensor).shape) * size([(a as Tensor).shape.at(-1) as Dim]),
}

/** Matrix product over the last two axes, the others broadcast. a: [..., M, K], b: [..., K, N] -> [..., M, N]. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  return apply(matMulOp, [a, b], {})[0] as Tensor
}

interface GemmAttributes {
  readonly transA: boolean
  readonly transB: boolean
}

/** Product of two matrices either of which may be read transposed, plus an optional row. */
const gemmOp: Operator<GemmAttributes> = {
  name: 'Gemm',
  rows: (_inputs, { transA }) => (transA ? [] : [0]),
  infer: ([a, b, c], { transA, transB }) => {
    const [left, right] = [a as Tensor, b as Tensor]
    checkSameType('gemm', [left, right, c])
    if (left.shape.length !== 2 || right.shape.length !== 2)
      throw new ShapeError(`gemm: needs two matrices, ${shapeText(left.shape)} · ${shapeText(right.shape)}.`)
    const [m, k] = (transA ? [...left.shape].reverse() : left.shape) as [Dim, Dim]
    const [k2, n] = (transB ? [...right.shape].reverse() : right.shape) as [Dim, Dim]
    if (k !== k2)
      throw new ShapeError(
        `gemm: inner sizes differ, a ${shapeText([m, k])} · b ${shapeText([k2, n])}. Check the weight's layout.`,
      )
    if (c !== undefined && (c.shape.length !== 1 || c.shape[0] !== n))
      throw new ShapeError(`gemm: bias ${shapeText(c.shape)} for ${n} columns. Give one value per column.`)
    return [{ dtype: left.dtype, shape: [m, n] }]
  },
  vjp: ([a, b, c], _y, [dy], { transA, transB }) => {
    const [x, g] = [a as Tensor, dy as Tensor]
    const w = madeAnew(b as Tensor) ?? (b as Tensor)
    const da = transA ? gemm(w, g, { transA: transB, transB: true }) : gemm(g, w, { transB: !transB })
    const db = transB ? gemm(g, x, { transA: true, transB: transA }) : gemm(x, g, { transA: !transA })
    return c === undefined ? [da, db] : [da, db, g]
  },
  cost: ([_a, b], [y], size) => size((b as Tensor).shape) * size([(y as Tensor).shape[0] as Dim]),
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const names = inputs.map((x) => emitter.nameOf(x))
    const attrs = { transA: Number(attributes.transA), transB: Number(attributes.transB) }
    emitter.node('Gemm', names, attrs, [emitter.nameOf(y as Tensor)])
  },
}

/** a b + c with a: [M, K], b: [K, N] (each read transposed where asked), c: [N]. */
export function gemm(
  a: Tensor,
  b: Tensor,
  options: { c?: Tensor; transA?: boolean; transB?: boolean } = {},
): Tensor {
  const { c, transA = false, transB = false } = options
  return apply(gemmOp, c === undefined ? [a, b] : [a, b, c], { transA, transB })[0] as Tensor
}

/** y = x W^T + b over the last axis. x: [..., I], weight: [O, I], bias: [O] -> [..., O]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const rows = x.shape.slice(0, -1)
  const flat = x.shape.length === 2 ? x : reshape(x, [multiplyDims(...rows), x.shape.at(-1) as Dim])
  const y = gemm(flat, weight, { transB: true, ...(bias === undefined ? {} : { c: bias }) })
  return x.shape.length === 2 ? y : reshape(y, [...rows, weight.shape[0] as Dim], x)
}
