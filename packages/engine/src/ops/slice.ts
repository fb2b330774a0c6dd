import { allocate } from '../graph/dtype.ts'
import { ShapeError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { checkSameType } from '../graph/same-type.ts'
import { checkAxis, divideDims, shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface AxisRange {
  readonly axis: number
  readonly start: number
  readonly end: number
}

function fixedSize(operator: string, x: Tensor, axis: number): number {
  const size = x.shape[axis]
  if (typeof size !== 'number')
    throw new ShapeError(
      `${operator}: axis ${axis} of ${shapeText(x.shape)} is unknown. Choose a fixed axis.`,
    )
  return size
}

/** Elements start..end-1 along one axis. */
export const sliceOp: UnaryOperator<AxisRange> = {
  name: 'Slice',
  rows: ([x], { axis }) => (axis === x.shape.length - 1 ? [0] : []),
  infer: ([x], { axis, start, end }) => {
    const { dtype, shape } = x
    return [{ dtype, shape: shape.map((dim, i) => (i === axis ? end - start : dim)) }]
  },
  vjp: ([x], _y, [dy], { axis, start, end }) => [pad(dy, axis, start, fixedSize('slice', x, axis) - end)],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, start, end } }) {
    const lists = [start, end, axis].map((value) => int64List(emitter, [value]))
    emitter.node('Slice', [emitter.nameOf(x), ...lists], {}, [emitter.nameOf(y)])
  },
}

/** Elements start..end-1 along an axis of known size. @throws ShapeError outside the axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const at = checkAxis('slice', axis, x.shape.length)
  const size = fixedSize('slice', x, at)
  if (start < 0 || end > size || start >= end)
    throw new ShapeError(`slice: ${start}..${end} outside axis ${at} of ${shapeText(x.shape)}.`)
  return apply(sliceOp, [x], { axis: at, start, end })[0]
}

/**
 * Adds the list of what is padded before and after each axis, for `Pad`; returns its name. All axes are
 * listed: where ONNX Runtime changes the layout for WebGPU, it permutes the list as if they were.
 */
export function padWidths(
  emitter: Pick<Emitter, 'constant'>,
  x: Tensor,
  widths: (axis: number) => readonly [before: number, after: number],
): string {
  const pairs = x.shape.map((_, axis) => widths(axis))
  return int64List(emitter, [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)])
}

const padOp: UnaryOperator<{ axis: number; before: number; after: number }> = {
  name: 'Pad',
  infer: ([x], { axis, before, after }) => {
    const { dtype, shape } = x
    const size = fixedSize('pad', x, axis)
    return [{ dtype, shape: shape.map((dim, i) => (i === axis ? size + before + after : dim)) }]
  },
  vjp: ([x], _y, [dy], { axis, before }) => [slice(dy, axis, before, before + fixedSize('pad', x, axis))],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, before, after } }) {
    const zero = emitter.constant({ dtype: x.dtype, shape: [], data: allocate(x.dtype, 1) })
    const widths = padWidths(emitter, x, (i) => (i === axis ? [before, after] : [0, 0]))
    emitter.node('Pad', [emitter.nameOf(x), widths, zero], {}, [emitter.nameOf(y)])
  },
}

/** x with zeros before and after along an axis of known size. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before < 0 || after < 0)
    throw new ShapeError(`pad: ${before} before and ${after} after. Use slice to remove elements.`)
  if (before === 0 && after === 0) return x
  return apply(padOp, [x], { axis: checkAxis('pad', axis, x.shape.length), before, after })[0]
}

/** Tensors joined along one axis. */
export const concatOp: Operator<{ axis: number }, readonly Tensor[], readonly [Tensor]> = {
  name: 'Concat',
  infer: (inputs, { axis }) => {
    const first = present(inputs[0], 'the first tensor')
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
      const part = slice(dy, axis, start, end)
      start = end
      return part
    })
  },
}

/** Tensors joined along an axis of known size. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors
  if (first === undefined) throw new ShapeError('concat: no tensors. Give one or more.')
  return apply(concatOp, tensors, { axis: checkAxis('concat', axis, first.shape.length) })[0]
}

const splitOp: Operator<{ axis: number; parts: number }, readonly [Tensor]> = {
  name: 'Split',
  rows: ([x], { axis }) => (axis === x.shape.length - 1 ? [0] : []),
  infer: ([x], { axis, parts }) => {
    const { dtype, shape } = x
    const size = divideDims(present(shape[axis], 'an axis'), parts)
    if (size === undefined)
      throw new ShapeError(`split: axis ${axis} of ${shapeText(shape)} is no multiple of ${parts}.`)
    const part = { dtype, shape: shape.map((dim, i) => (i === axis ? size : dim)) }
    return Array.from({ length: parts }, () => part)
  },
  vjp: (_x, _y, gradients, { axis }) => [concat(gradients, axis)],
  emit(emitter, { inputs: [x], outputs, attributes: { axis, parts } }) {
    const names = outputs.map((tensor) => emitter.nameOf(tensor))
    emitter.node('Split', [emitter.nameOf(x)], { axis, num_outputs: parts }, names)
  },
}

/** x split into equal parts along `axis`. */
export function split(x: Tensor, axis: number, parts: number): readonly Tensor[] {
  return apply(splitOp, [x], { axis: checkAxis('split', axis, x.shape.length), parts })
}
