import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../errors.ts'
import { narrowToBfloat16, narrowToFloat16 } from '../../float16.ts'
import { openTensors } from '../../open-tensors.ts'
import { readAll } from '../../tensor-file.ts'
import { numpyArchive, numpyFortran } from '../real-files.test.support.ts'
import { zipBytes } from '../zip/write-zip.test.support.ts'
import { npyBytes, npzBytes, type WrittenArray } from './write-npz.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'npz-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(bytes: Uint8Array) {
  const path = join(folder, 'weights')
  writeFileSync(path, bytes)
  const file = openTensors(path)
  try {
    return readAll(file)
  } finally {
    file.close()
  }
}
const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
const one = (array: WrittenArray) => read(zipBytes([{ name: 'x.npy', data: npyBytes(array) }])).get('x')
const floats = Float32Array.from([0, 1.5, -2, 3, 1e-3, 65504])
const shape = [2, 3]

describe('npz', () => {
  it('reads what NumPy wrote', () => {
    const data = Float32Array.from([0, 1, 2, 3, 4, 5])
    expect(read(numpyArchive)).toEqual(new Map([['a/w', { dtype: 'float32', shape, data }]]))
    const fortran = read(zipBytes([{ name: 'f.npy', data: numpyFortran }]))
    expect(fortran.get('f')).toEqual({ dtype: 'float64', shape, data: Float64Array.from(data) })
  })

  it('is written here byte for byte as by NumPy', () => {
    const values = Float64Array.from([0, 3, 1, 4, 2, 5])
    expect(npyBytes({ descr: '<f8', shape, bytes: bytesOf(values), fortranOrder: true })).toEqual(
      numpyFortran,
    )
  })

  it.each([
    ['<f4', floats, floats],
    ['<f2', narrowToFloat16(floats), Float32Array.from([0, 1.5, -2, 3, 0.0010004043579101562, 65504])],
    ['|V2', narrowToBfloat16(floats), Float32Array.from([0, 1.5, -2, 3, 0.00099945068359375, 65536])],
    ['<f8', Float64Array.from(floats), Float64Array.from(floats)],
    ['<i8', BigInt64Array.from([1n, -2n, 3n, 4n, 5n, 6n]), BigInt64Array.from([1n, -2n, 3n, 4n, 5n, 6n])],
    ['|u1', Uint8Array.from([1, 2, 3, 4, 5, 255]), Uint8Array.from([1, 2, 3, 4, 5, 255])],
  ])('reads element type %s in versions 1, 2 and 3', (descr, stored, data) => {
    for (const version of [1, 2, 3] as const)
      expect(one({ descr, shape, bytes: bytesOf(stored), version })?.data).toEqual(data)
  })

  it('turns Fortran order of three axes around', () => {
    const wanted = Float32Array.from({ length: 24 }, (_, i) => i)
    const stored = new Float32Array(24)
    for (let a = 0; a < 2; a++)
      for (let b = 0; b < 3; b++)
        for (let c = 0; c < 4; c++) stored[a + 2 * b + 6 * c] = wanted[12 * a + 4 * b + c] as number
    const array = one({ descr: '<f4', shape: [2, 3, 4], bytes: bytesOf(stored), fortranOrder: true })
    expect(array).toEqual({ dtype: 'float32', shape: [2, 3, 4], data: wanted })
  })

  it('reads scalars, vectors, empty arrays and compressed members', () => {
    const tensors = new Map([
      ['scalar', { dtype: 'float32', shape: [], data: floats.slice(1, 2) } as const],
      ['vector', { dtype: 'float32', shape: [6], data: floats } as const],
      ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) } as const],
    ])
    for (const options of [{}, { deflate: true }, { zip64: true }])
      expect(read(npzBytes(tensors, options))).toEqual(tensors)
  })

  const whole = npyBytes({ descr: '<f4', shape, bytes: bytesOf(floats) })
  const changed = (from: string, to: string) =>
    Buffer.from(whole.toString('latin1').replace(from, to), 'latin1')
  it.each([
    [changed("'<f4'", "'|O4'"), /"x\.npy" of .* has the element type '\|O4'\. Convert it to one of <f4, /],
    [changed("'<f4'", "'>f4'"), /element type '>f4'/],
    [changed('(2, 3)', '(2, 4)'), /has 24 bytes of values, float32 \[2, 4\] needs 32/],
    [changed('(2, 3)', '(2,-3)'), /expected descr, fortran_order and shape of plain numbers/],
    [changed("'descr'", "'deser'"), /expected descr, fortran_order and shape/],
    [changed('NUMPY\x01', 'NUMPY\x04'), /is of version 4\.0, expected 1 to 3/],
    [changed('NUMPY', 'NUMPZ'), /does not begin with NumPy's magic/],
    [changed('NUMPY\x01', 'NUMPY\x02'), /the header of .* has \d+ bytes, at most 65536 are allowed/],
    [whole.subarray(0, 50), /ends within its header/],
    [whole.subarray(0, whole.length - 4), /has 20 bytes of values/],
    [whole.subarray(0, 5), /does not begin with NumPy's magic/],
  ])('refuses a damaged array %#', (data, message) => {
    expect(() => read(zipBytes([{ name: 'x.npy', data }]))).toThrow(CheckpointError)
    expect(() => read(zipBytes([{ name: 'x.npy', data }]))).toThrow(message)
  })
})
