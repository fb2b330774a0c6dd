import { describe, expect, it } from 'vitest'
import { fromBytes, toBytes } from './dtype.ts'

describe('fromBytes', () => {
  it('reads elements at any offset, of plain arrays and of buffers', () => {
    const values = Float64Array.of(1.5, -2, 1e300)
    for (const offset of [0, 1, 4, 7, 8]) {
      const plain = new Uint8Array(40)
      plain.set(toBytes(values), offset)
      for (const bytes of [plain, Buffer.from(plain.buffer)])
        expect(fromBytes('float64', bytes.subarray(offset, offset + 24))).toEqual(values)
    }
  })

  it('shares aligned bytes', () => {
    const bytes = new Uint8Array(8)
    fromBytes('int32', bytes)[1] = 1
    expect([...bytes]).toEqual([0, 0, 0, 0, 1, 0, 0, 0])
  })
})
