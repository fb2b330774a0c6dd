import { hasDType, type TensorData } from '../graph/dtype.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { PrecisionOptions } from '../precision/precision.ts'
import type { Program } from './program.ts'

const [rows, inputs, outputs] = [4, 64, 32]
const weights: TensorData = {
  dtype: 'int8',
  shape: [inputs, outputs],
  data: new Int8Array(inputs * outputs).fill(127),
}

/** A model that multiplies the largest 8-bit numbers. */
const largestProduct: OnnxModel = {
  nodes: [
    {
      opType: 'MatMulInteger',
      domain: '',
      name: 'product',
      inputs: ['a', 'b'],
      outputs: ['y'],
      attributes: {},
    },
  ],
  initializers: new Map([['b', weights]]),
  inputs: [{ name: 'a', dtype: 'uint8', shape: [rows, inputs] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [rows, outputs] }],
  metadata: {},
}

/**
 * True if 8-bit products of large numbers are wrong on this machine: processors without dot products of bytes
 * (VNNI) add pairs of them in 16 bits, which overflow. Tested by a run, because it depends on the kernel that
 * is used.
 */
async function saturates(open: (model: OnnxModel) => Promise<Program>): Promise<boolean> {
  const program = await open(largestProduct)
  const { y } = await program.run({ a: new Uint8Array(rows * inputs).fill(255) })
  await program.release()
  return !(y && hasDType(y, 'int32') && y.data.every((sum) => sum === 255 * 127 * inputs))
}

let known: Promise<boolean> | undefined

/** The options with `narrow` set, if it matters and is not given; tests the machine once per process. */
export async function withNarrowness<O extends PrecisionOptions>(
  options: O,
  open: (model: OnnxModel) => Promise<Program>,
): Promise<O> {
  if (options.precision !== 'int8' || options.narrow !== undefined) return options
  known ??= saturates(open)
  return { ...options, narrow: await known }
}
