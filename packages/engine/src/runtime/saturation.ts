import type { TensorData } from '../graph/dtype.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { PrecisionOptions } from '../precision/precision.ts'
import type { Program } from './program.ts'

const [rows, inputs, outputs] = [4, 64, 32]
const weights: TensorData = {
  dtype: 'int8',
  shape: [inputs, outputs],
  data: new Int8Array(inputs * outputs).fill(127),
}

/** A product of the largest 8-bit numbers. */
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
 * Whether this machine's 8-bit products go wrong for large numbers: processors without dot products of bytes (VNNI) add pairs
 * of them in 16 bits. Tried out, not looked up: it is the kernel that decides, in browsers too.
 */
async function saturates(open: (model: OnnxModel) => Promise<Program>): Promise<boolean> {
  const program = await open(largestProduct)
  const { y } = await program.run({ a: new Uint8Array(rows * inputs).fill(255) })
  await program.release()
  return (y as TensorData<'int32'>).data.some((sum) => sum !== 255 * 127 * inputs)
}

let known: Promise<boolean> | undefined

/** The options with `narrow` decided, by a trial once per process, where it matters and nothing is said. */
export async function withNarrowness<O extends PrecisionOptions>(
  options: O,
  open: (model: OnnxModel) => Promise<Program>,
): Promise<O> {
  if (options.precision !== 'int8' || options.narrow !== undefined) return options
  known ??= saturates(open)
  return { ...options, narrow: await known }
}
