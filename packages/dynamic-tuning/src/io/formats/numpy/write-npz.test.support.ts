import { type TensorData, toBytes } from '@dynamic-tuning/engine'
import { type WrittenMember, zipBytes } from '../zip/write-zip.test.support.ts'

/** Contents of a .npy file. */
export interface WrittenArray {
  readonly descr: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
  readonly fortranOrder?: boolean
  /** Default 1, NumPy's choice for short headers. */
  readonly version?: 1 | 2 | 3
}

/**
 * A .npy file, byte for byte as NumPy writes it: the header is padded so that values
 * begin at a multiple of 64.
 */
export function npyBytes({ descr, shape, bytes, fortranOrder = false, version = 1 }: WrittenArray): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const order = fortranOrder ? 'True' : 'False'
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${sizes}), }`
  const prelude = version === 1 ? 10 : 12
  const length = Math.ceil((prelude + text.length + 1) / 64) * 64
  const head = Buffer.alloc(prelude)
  head.write('\u0093NUMPY', 'latin1')
  head.writeUInt8(version, 6)
  if (version === 1) head.writeUInt16LE(length - prelude, 8)
  else head.writeUInt32LE(length - prelude, 8)
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - prelude - 1)}\n`), bytes])
}

/** float32 tensors as `numpy.savez` stores them, or `numpy.savez_compressed`. */
export function npzBytes(
  tensors: Iterable<readonly [string, TensorData]>,
  options: Pick<WrittenMember, 'deflate' | 'zip64'> = {},
): Buffer {
  return zipBytes(
    [...tensors].map(([name, { shape, data }]) => ({
      name: `${name}.npy`,
      data: npyBytes({ descr: '<f4', shape, bytes: toBytes(data) }),
      ...options,
    })),
  )
}
