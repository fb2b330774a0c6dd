import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { scalar } from '../graph/scalar.ts'
import { checkAxis, type Dim, divideDims, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface AxisRange {
  readonly axis: number
  readonly start: number
  readonly end: number
}

function fixedSize(operator: string, x: Tensor, axis: number): number {
  const size = x.shape[axis] as Dim
  if (typeof size !== 'number')
    throw new ShapeError(
      `${operator}: axis ${axis} of ${shapeText(x.shape)} is unknown. Choose a fixed axis.`,
    )
  return size
}

const sliceOp: Operator<AxisRange> = {
  name: 'Slice',
  rows: ([x], { axis }) => (axis === (x as Tensor).shape.length - 1 ? [0] : []),
  infer: ([x], { axis, start, end }) => {
    const { dtype, shape } = x as Tensor
    return [{ dtype, shape: shape.map((dim, i) => (i === axis ? end - start : dim)) }]
  },
  vjp: ([x], _y, [dy], { axis, start, end }) => [
    pad(dy as Tensor, axis, start, fixedSize('slice', x as Tensor, axis) - end),
  ],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, start, end } }) {
    const lists = [start, end, axis].map((value) => int64List(emitter, [value]))
    emitter.node('Slice', [emitter.nameOf(x as Tensor), ...lists], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** Elements start..end-1 along a fixed axis. @throws ShapeError outside the axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const at = checkAxis('slice', axis, x.shape.length)
  const size = fixedSize('slice', x, at)
  if (start < 0 || end > size || start >= end)
    throw new ShapeError(`slice: ${start}..${end} outside axis ${at} of ${shapeText(x.shape)}.`)
  return apply(sliceOp, [x], { axis: at, start, end })[0] as Tensor
}

const padOp: Operator<{ axis: number; before: number; after: number }> = {
  name: 'Pad',
  infer: ([x], { axis, before, after }) => {
    const { dtype, shape } = x as Tensor
    const size = fixedSize('pad', x as Tensor, axis)
    return [{ dtype, shape: shape.map((dim, i) => (i === axis ? size + before + after : dim)) }]
  },
  vjp: ([x], _y, [dy], { axis, before }) => [
    slice(dy as Tensor, axis, before, before + fixedSize('pad', x as Tensor, axis)),
  ],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, before, after } }) {
    const zero = scalar(0, (x as Tensor).dtype).node.attributes as {
      data: Parameters<typeof emitter.constant>[0]
    }
    const names = [
      int64List(emitter, [before, after]),
      emitter.constant(zero.data),
      int64List(emitter, [axis]),
    ]
    emitter.node('Pad', [emitter.nameOf(x as Tensor), ...names], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** x with zeros before and after along one fixed axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before < 0 || after < 0)
    throw new ShapeError(`pad: ${before} before and ${after} after. Use slice to remove elements.`)
  if (before === 0 && after === 0) return x
  return apply(padOp, [x], { axis: checkAxis('pad', axis, x.shape.length), before, after })[0] as Tensor
}

const concatOp: Operator<{ axis: number }> = {
  name: 'Concat',
  infer: (inputs, { axis }) => {
    const first = inputs[0] as Tensor
    checkSameType('concat', inputs)
    for (const other of inputs)
      if (
        other.shape.length !== first.shape.length ||
        other.shape.some((dim, i) => i !== axis && dim !== first.shape[i])
      )
        throw new ShapeError(
          `concat: ${shapeText(first.shape)} and ${shapeText(other.shape)} differ outside axis ${axis}.`,
        )
    const total = inputs.reduce((sum, tensor) => sum + fixedSize('concat', tensor, axis), 0)
    return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }]
  },
  vjp: (inputs, _y, [dy], { axis }) => {
    let start = 0
    return inputs.map((tensor) => {
      const end = start + fixedSize('concat', tensor, axis)
      const part = slice(dy as Tensor, axis, start, end)
      start = end
      return part
    })
  },
}

/** Tensors joined along one fixed axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors
  if (first === undefined) throw new ShapeError('concat: no tensors. Give one or more.')
  return apply(concatOp, tensors, { axis: checkAxis('concat', axis, first.shape.length) })[0] as Tensor
}

const splitOp: Operator<{ axis: number; parts: number }> = {
  name: 'Split',
  rows: ([x], { axis }) => (axis === (x as Tensor).shape.length - 1 ? [0] : []),
  infer: ([x], { axis, parts }) => {
    const { dtype, shape } = x as Tensor
    const size = divideDims(shape[axis] as Dim, parts)
    if (size === undefined)
      throw new ShapeError(`split: axis ${axis} of ${shapeText(shape)} is no multiple of ${parts}.`)
    const part = { dtype, shape: shape.map((dim, i) => (i === axis ? size : dim)) }
    return Array.from({ length: parts }, () => part)
  },
  vjp: (_x, _y, gradients, { axis }) => [concat(gradients, axis)],
  emit(emitter, { inputs: [x], outputs, attributes: { axis, parts } }) {
    const names = outputs.map((tensor) => emitter.nameOf(tensor))
    emitter.node('Split', [emitter.nameOf(x as Tensor)], { axis, num_outputs: parts }, names)
  },
}

/** x cut into equal parts along `axis`. */
export function split(x: Tensor, axis: number, parts: number): readonly Tensor[] {
  return apply(splitOp, [x], { axis: checkAxis('split', axis, x.shape.length), parts })
}
