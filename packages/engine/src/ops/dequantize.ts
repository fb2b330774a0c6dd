import { sizeOf, type TensorData } from '../graph/dtype.ts'
import { DTypeError, ShapeError } from '../graph/errors.ts'
import { shapeText } from '../graph/shape.ts'
import { apply, type BinaryOperator, type Emitter, isNodeOf, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

/** Format of weights stored in few bits. */
export interface Dequantized {
  /** 4: two in a byte, the first in the low half, each stored plus 8. 8: signed. */
  readonly bits: 4 | 8
  /** Number of weights that share a scale. */
  readonly block: number
  /** Shape of the float32 result. */
  readonly shape: readonly number[]
  /**
   * Number of the copy. Copies with different numbers are computed separately, so that no result is kept in
   * memory between their uses.
   */
  readonly pass?: number
}

/** Packs integers from -8 to 7 two in a byte, each stored plus 8. values: [2 n] -> [n] */
export function packHalfBytes(values: Int8Array): Uint8Array {
  return Uint8Array.from(
    { length: values.length / 2 },
    (_, i) => ((values[2 * i] as number) + 8) | (((values[2 * i + 1] as number) + 8) << 4),
  )
}

type Output = Pick<Emitter, 'node'> & { constant(data: TensorData): string }

/**
 * Adds the nodes that give float32 from integers [rows, block] (4 bits: [rows, block / 2]) and scales [rows].
 */
export function emitDequantized(
  emitter: Output,
  values: string,
  scales: string,
  { bits, block, shape, pass = 0 }: Dequantized,
): string {
  // -2 is the same axis: the runtime would merge nodes with equal attributes.
  const axis = pass === 0 ? 0 : -2
  const integers = bits === 4 ? unpacked(emitter, values, block) : values
  const rows = sizeOf(shape) / block
  // Given for signed numbers too: ONNX Runtime would add a scalar zero point and then refuse it.
  const zeros = emitter.constant(
    bits === 4
      ? { dtype: 'uint8', shape: [rows], data: new Uint8Array(rows).fill(8) }
      : { dtype: 'int8', shape: [rows], data: new Int8Array(rows) },
  )
  const full = emitter.node('DequantizeLinear', [integers, scales, zeros], { axis })
  return emitter.node('Reshape', [full, int64List(emitter, shape)])
}

/** The integers [rows, block], 0 to 15, that are packed two in a byte. */
function unpacked(emitter: Output, values: string, block: number): string {
  const byte = (value: number): string =>
    emitter.constant({ dtype: 'uint8', shape: [], data: Uint8Array.of(value) })
  const low = emitter.node('BitwiseAnd', [values, byte(15)])
  const high = emitter.node('BitShift', [values, byte(4)], { direction: 'RIGHT' })
  const pairs = [low, high].map((half) => emitter.node('Unsqueeze', [half, int64List(emitter, [2])]))
  const joined = emitter.node('Concat', pairs, { axis: 2 })
  return emitter.node('Reshape', [joined, int64List(emitter, [-1, block])])
}

const dequantizeOp: BinaryOperator<Dequantized> = {
  name: 'Dequantize',
  infer: ([values, scales], { bits, block, shape }) => {
    const wanted = bits === 4 ? 'uint8' : 'int8'
    if (values.dtype !== wanted || scales.dtype !== 'float32')
      throw new DTypeError(
        `dequantize: values ${values.dtype}, scales ${scales.dtype}; ${bits} bits need ${wanted}, float32.`,
      )
    const rows = sizeOf(shape) / block
    const columns = (block * bits) / 8
    if (values.shape.join() !== `${rows},${columns}` || scales.shape.join() !== `${rows}`)
      throw new ShapeError(
        `dequantize: values ${shapeText(values.shape)}, scales ${shapeText(scales.shape)} for ${shapeText(shape)} in blocks of ${block}. Give [${rows}, ${columns}] and [${rows}].`,
      )
    return [{ dtype: 'float32', shape }]
  },
  vjp: () => [null, null],
  emit(emitter, { inputs: [values, scales], outputs: [y], attributes }) {
    const [integers, factors] = [emitter.nameOf(values), emitter.nameOf(scales)]
    emitter.alias(y, emitDequantized(emitter, integers, factors, attributes))
  },
}

/**
 * Weights stored in few bits as float32: scale * value, block by block. values: int8 [rows, block], or for 4
 * bits uint8 [rows, block / 2]; scales: [rows] -> `shape`. Carries no gradient.
 */
export function dequantize(values: Tensor, scales: Tensor, format: Dequantized): Tensor {
  return apply(dequantizeOp, [values, scales], format)[0]
}

/** If x is dequantized, the same values computed again, so that x need not stay in memory; else undefined. */
export function dequantizedAgain({ node }: Tensor): Tensor | undefined {
  if (!isNodeOf(node, dequantizeOp)) return undefined
  const { inputs, attributes } = node
  const [values, scales] = inputs
  return dequantize(values, scales, { ...attributes, pass: (attributes.pass ?? 0) + 1 })
}
