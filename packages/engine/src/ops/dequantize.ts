import { sizeOf, type TensorData } from '../graph/dtype.ts'
import { DTypeError, ShapeError } from '../graph/errors.ts'
import { shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

/** Weights that are kept in few bits. */
export interface Dequantized {
  /** 4: two to a byte, the first in the low half, each plus 8. 8: signed. */
  readonly bits: 4 | 8
  /** Weights that share a scale. */
  readonly block: number
  /** Sizes of the float32 result. */
  readonly shape: readonly number[]
  /** Counts uses: two of another pass are two computations, so that none is kept from one to the other. */
  readonly pass?: number
}

/** Integers from -8 to 7, plus 8, two to a byte. values: [2 n] -> [n] */
export function packHalfBytes(values: Int8Array): Uint8Array {
  return Uint8Array.from(
    { length: values.length / 2 },
    (_, i) => ((values[2 * i] as number) + 8) | (((values[2 * i + 1] as number) + 8) << 4),
  )
}

type Output = Pick<Emitter, 'node'> & { constant(data: TensorData): string }

/** Adds the nodes that make float32 of integers [rows, block] (halves: [rows, block / 2]) and scales [rows]. */
export function emitDequantized(
  emitter: Output,
  values: string,
  scales: string,
  { bits, block, shape, pass = 0 }: Dequantized,
): string {
  // The same axis counted from the other end: the runtime would merge nodes that are equal in all.
  const axis = pass === 0 ? 0 : -2
  const integers = bits === 4 ? unpacked(emitter, values, block) : values
  const rows = sizeOf(shape) / block
  // Spelled out for signed numbers too: ONNX Runtime would put in a single one and then refuse it.
  const zeros = emitter.constant(
    bits === 4
      ? { dtype: 'uint8', shape: [rows], data: new Uint8Array(rows).fill(8) }
      : { dtype: 'int8', shape: [rows], data: new Int8Array(rows) },
  )
  const full = emitter.node('DequantizeLinear', [integers, scales, zeros], { axis })
  return emitter.node('Reshape', [full, int64List(emitter, shape)])
}

/** The integers [rows, block], 0 to 15, of two to a byte. */
function unpacked(emitter: Output, values: string, block: number): string {
  const byte = (value: number): string =>
    emitter.constant({ dtype: 'uint8', shape: [], data: Uint8Array.of(value) })
  const low = emitter.node('BitwiseAnd', [values, byte(15)])
  const high = emitter.node('BitShift', [values, byte(4)], { direction: 'RIGHT' })
  const pairs = [low, high].map((half) => emitter.node('Unsqueeze', [half, int64List(emitter, [2])]))
  const joined = emitter.node('Concat', pairs, { axis: 2 })
  return emitter.node('Reshape', [joined, int64List(emitter, [-1, block])])
}

const dequantizeOp: Operator<Dequantized> = {
  name: 'Dequantize',
  infer: ([values, scales], { bits, block, shape }) => {
    const [integers, factors] = [values as Tensor, scales as Tensor]
    const wanted = bits === 4 ? 'uint8' : 'int8'
    if (integers.dtype !== wanted || factors.dtype !== 'float32')
      throw new DTypeError(
        `dequantize: values ${integers.dtype}, scales ${factors.dtype}; ${bits} bits need ${wanted}, float32.`,
      )
    const rows = sizeOf(shape) / block
    const columns = (block * bits) / 8
    if (integers.shape.join() !== `${rows},${columns}` || factors.shape.join() !== `${rows}`)
      throw new ShapeError(
        `dequantize: values ${shapeText(integers.shape)}, scales ${shapeText(factors.shape)} for ${shapeText(shape)} in blocks of ${block}. Give [${rows}, ${columns}] and [${rows}].`,
      )
    return [{ dtype: 'float32', shape }]
  },
  vjp: () => [null, null],
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const [values, scales] = inputs.map((tensor) => emitter.nameOf(tensor)) as [string, string]
    emitter.alias(y as Tensor, emitDequantized(emitter, values, scales, attributes))
  },
}

/**
 * Constant weights kept in few bits as float32: scale * value, block by block. values: int8 [rows, block], or halves of bytes,
 * uint8 [rows, block / 2]; scales: [rows] -> `shape`. Carries no gradient.
 */
export function dequantize(values: Tensor, scales: Tensor, kept: Dequantized): Tensor {
  return apply(dequantizeOp, [values, scales], kept)[0] as Tensor
}

/** Another tensor of the same values where x comes of weights in few bits: made anew instead of kept. Else x itself. */
export function madeAnew({ node }: Tensor): Tensor | undefined {
  if (node.op !== (dequantizeOp as unknown as Operator)) return undefined
  const [values, scales] = node.inputs as readonly [Tensor, Tensor]
  const attributes = node.attributes as Dequantized
  return dequantize(values, scales, { ...attributes, pass: (attributes.pass ?? 0) + 1 })
}
