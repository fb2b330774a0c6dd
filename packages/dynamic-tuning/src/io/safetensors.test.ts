import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { openSafetensors, readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

/** A file with a hand-written header, followed by `data` zero bytes. */
function craft(header: unknown, data: number): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(at('crafted.safetensors'), Buffer.concat([length, text, Buffer.alloc(data)]))
  return at('crafted.safetensors')
}

function refusal(path: string): string {
  try {
    openSafetensors(path).close()
  } catch (error) {
    if (error instanceof CheckpointError) return error.message
    throw error
  }
  return 'accepted'
}

const float = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

const floats = fc
  .integer({ min: 0, max: 40 })
  .map((n) => Float32Array.from({ length: n }, (_, i) => i / 3 - n))
const tensor: fc.Arbitrary<TensorData> = fc.oneof(
  floats.map((data): TensorData => ({ dtype: 'float32', shape: [data.length], data })),
  fc
    .array(fc.double(), { maxLength: 9 })
    .map(
      (list): TensorData => ({ dtype: 'float64', shape: [1, list.length], data: Float64Array.from(list) }),
    ),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 9 })
    .map(
      (list): TensorData => ({ dtype: 'int64', shape: [list.length, 1, 1], data: BigInt64Array.from(list) }),
    ),
  fc.int32Array().map((data): TensorData => ({ dtype: 'int32', shape: [data.length], data })),
  fc.uint16Array().map((data): TensorData => ({ dtype: 'float16', shape: [data.length], data })),
  fc.uint8Array().map((data): TensorData => ({ dtype: 'uint8', shape: [data.length], data })),
  fc.int8Array().map((data): TensorData => ({ dtype: 'int8', shape: [data.length], data })),
  fc.boolean().map((yes): TensorData => ({ dtype: 'bool', shape: [], data: Uint8Array.of(yes ? 1 : 0) })),
)

describe('safetensors', () => {
  it('brings back whatever tensors, names and metadata are written', () => {
    const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'a.b', '7', '"\\"'))
    const tensors = fc.uniqueArray(
      fc.tuple(
        name.filter((n) => n !== '__metadata__'),
        tensor,
      ),
      {
        selector: ([n]) => n,
        maxLength: 6,
      },
    )
    const metadata = fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }), {
      maxKeys: 3,
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(tensors, metadata, (list, words) => {
        writeSafetensors(at('trip.safetensors'), list, { metadata: words })
        const file = openSafetensors(at('trip.safetensors'), { raw: true })
        expect(file.readAll()).toEqual(new Map(list))
        expect(file.metadata).toEqual(words)
        for (const [, { offset, dtype }] of file.tensors) {
          expect(offset % ({ F64: 8, I64: 8, F32: 4, I32: 4, F16: 2 }[dtype as string] ?? 1)).toBe(0)
        }
        file.close()
      }),
      { numRuns: 60 },
    )
  })

  it('writes the bytes the format asks for', () => {
    writeSafetensors(at('bytes.safetensors'), [['x', float([2], 1, -2)]])
    const bytes = readFileSync(at('bytes.safetensors'))
    const header = '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    expect(bytes.readBigUInt64LE()).toBe(56n)
    expect(bytes.subarray(8, 64).toString()).toBe(header.padEnd(56))
    expect([bytes.readFloatLE(64), bytes.readFloatLE(68), bytes.length]).toEqual([1, -2, 72])
  })

  it('stores halves on request and widens them when read', () => {
    writeSafetensors(at('half.safetensors'), [['x', float([3], 1, 1 / 3, -65504)]], { dtype: 'float16' })
    const third = 0.333251953125
    expect(readSafetensors(at('half.safetensors')).get('x')).toEqual(float([3], 1, third, -65504))
    expect(readSafetensors(at('half.safetensors'), { raw: true }).get('x')?.data).toEqual(
      Uint16Array.of(0x3c00, 0x3555, 0xfbff),
    )
    const big = (): void =>
      writeSafetensors(at('big.safetensors'), [['w', float([1], 70000)]], { dtype: 'float16' })
    expect(big).toThrow(/tensor "w" .* does not fit half precision, got 70000/)
    expect(existsSync(at('big.safetensors'))).toBe(false)
  })

  it('widens BF16', () => {
    const path = craft({ x: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, 2)
    const bytes = readFileSync(path)
    bytes.writeUInt16LE(0xc049, bytes.length - 2)
    writeFileSync(path, bytes)
    expect(readSafetensors(path).get('x')).toEqual(float([1], -3.140625))
  })

  it('refuses to write a name twice, a reserved name, and values that do not fit the shape', () => {
    const x = float([1], 1)
    const write = (list: [string, TensorData][]) => (): void => writeSafetensors(at('no.safetensors'), list)
    expect(
      write([
        ['x', x],
        ['x', x],
      ]),
    ).toThrow(/"x" .* is given twice/)
    expect(write([['__metadata__', x]])).toThrow(/reserved/)
    expect(write([['x', float([2, 2], 1)]])).toThrow(/has 1 values, its shape \[2, 2\] needs 4/)
  })

  it('says which tensors are there when asked for another', () => {
    writeSafetensors(at('one.safetensors'), [['x', float([1], 1)]])
    const file = openSafetensors(at('one.safetensors'))
    expect(() => file.read('y')).toThrow(/one\.safetensors has no tensor "y"/)
    file.close()
  })
})

describe('a damaged safetensors file', () => {
  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]): object => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  })

  it.each([
    ['shorter than its length field', Buffer.alloc(7), /too short, got 7 bytes/],
    ['empty', Buffer.alloc(0), /too short, got 0 bytes/],
    ['a header of 10 GB', length(10_000_000_000n), /too long, got 10000000000 bytes/],
    ['a header of 2^64 - 1 bytes', length(2n ** 64n - 1n), /too long/],
    ['a header beyond the end', length(50n), /reaches beyond the file, got length 50 in 8 bytes/],
  ])('%s', (_, bytes, message) => {
    writeFileSync(at('broken.safetensors'), bytes)
    expect(refusal(at('broken.safetensors'))).toMatch(message)
    expect(refusal(at('broken.safetensors'))).toContain(at('broken.safetensors'))
  })

  it.each<[string, unknown, number, RegExp]>([
    ['not JSON', '{"x": ', 0, /is not JSON/],
    ['not UTF-8', '\ud800', 0, /is not JSON/],
    ['a list', '[]', 0, /not a JSON object/],
    ['a tensor that is no object', { x: 3 }, 0, /"x" .* not described by an object/],
    ['unknown dtype', { x: { ...f32(0, 4), dtype: 'F8_E4M3' } }, 4, /"x" .* has dtype "F8_E4M3"/],
    ['inherited dtype', { x: { ...f32(0, 4), dtype: 'toString' } }, 4, /"x" .* has dtype "toString"/],
    ['negative size', { x: f32(0, 4, [-1, -1]) }, 4, /"x" .* has shape \[-1,-1\]/],
    ['fractional size', { x: f32(0, 4, [0.5, 2]) }, 4, /"x" .* has shape \[0.5,2\]/],
    ['shape that is a word', { x: f32(0, 4, '1') }, 4, /"x" .* has shape "1"/],
    [
      'offsets beyond the end',
      { x: f32(0, 8) },
      4,
      /"x" .* outside the file, got data_offsets \[0, 8\], 4 bytes/,
    ],
    ['offsets reversed', { x: f32(8, 4, [1]) }, 8, /"x" .* outside the file/],
    ['offsets missing', { x: { dtype: 'F32', shape: [1] } }, 4, /"x" .* has data_offsets undefined/],
    ['length unlike shape', { x: f32(0, 4, [2]) }, 4, /"x" .* has 4 bytes, F32 \[2\] needs 8/],
    ['product past all bounds', { x: f32(0, 4, [2 ** 50, 2 ** 50]) }, 4, /"x" .* needs /],
    ['overlap', { x: f32(0, 8), y: f32(4, 12) }, 12, /"x" and "y" .* overlap/],
    ['the same bytes twice', { x: f32(0, 8), y: f32(0, 8) }, 8, /"x" and "y" .* overlap/],
    [
      'a hole between',
      { x: f32(0, 4), y: f32(8, 12) },
      12,
      /4 bytes before tensor "y" that belong to no tensor/,
    ],
    ['bytes behind the last', { x: f32(0, 4) }, 10, /6 bytes at the end that belong to no tensor/],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, /__metadata__ .* not an object of strings/],
    ['a tensor twice', '{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":{}}', 0, /"x"/],
    [
      'a field twice',
      '{"x":{"dtype":"F32","shape":[0],"dtype":"F64","data_offsets":[0,0]}}',
      0,
      /"dtype" twice/,
    ],
  ])('%s', (_, header, data, message) => {
    expect(refusal(craft(header, data))).toMatch(message)
  })

  it('takes no tensors at all, tensors without elements, and names used again one level down', () => {
    expect(refusal(craft({}, 0))).toBe('accepted')
    expect(refusal(craft({ shape: f32(0, 0, [0, 3]), dtype: f32(0, 4), y: f32(4, 4) }, 4))).toBe('accepted')
  })

  it('with any byte of its header changed is refused or read, never anything else', () => {
    const two: [string, TensorData][] = [
      ['a', float([2, 1], 1, 2)],
      ['b', float([3], 3, 4, 5)],
    ]
    writeSafetensors(at('whole.safetensors'), two, { metadata: { note: 'x' } })
    const whole = readFileSync(at('whole.safetensors'))
    let refused = 0
    for (let i = 0; i < whole.length - 20; i++) {
      for (const byte of [0, 0x22, 0x31, 0x39, 0x7b, 0xff]) {
        const bytes = Uint8Array.from(whole)
        bytes[i] = byte
        writeFileSync(at('changed.safetensors'), bytes)
        if (refusal(at('changed.safetensors')) !== 'accepted') refused++
      }
    }
    // Only changes to a letter of a name or of the note can go unnoticed.
    expect(refused).toBeGreaterThan((whole.length - 20) * 4)
  })

  it('cut anywhere is refused', () => {
    writeSafetensors(at('whole.safetensors'), [['a', float([2], 1, 2)]])
    const whole = readFileSync(at('whole.safetensors'))
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(at('cut.safetensors'), whole.subarray(0, length))
      expect(refusal(at('cut.safetensors'))).not.toBe('accepted')
    }
  })

  it('missing, or a folder', () => {
    expect(refusal(at('nowhere.safetensors'))).toMatch(/cannot open .*nowhere\.safetensors/)
    expect(refusal(folder)).toMatch(/is not a file/)
  })

  function length(bytes: bigint): Buffer {
    const buffer = Buffer.alloc(8)
    buffer.writeBigUInt64LE(bytes)
    return buffer
  }
})

describe('a full disk', () => {
  const path = at('weights.safetensors')

  it.skipIf(!existsSync('/dev/full'))(
    'leaves the old file alone and no other (skipped without /dev/full)',
    () => {
      writeSafetensors(path, [['x', float([1], 1)]])
      const before = readdirSync(folder)
      // Writing to /dev/full fails like writing to a full disk.
      symlinkSync('/dev/full', `${path}.${process.pid}.tmp`)
      const write = (): void => writeSafetensors(path, [['x', float([1], 2)]])
      expect(write).toThrow(CheckpointError)
      symlinkSync('/dev/full', `${path}.${process.pid}.tmp`)
      expect(write).toThrow(/cannot write .*weights\.safetensors, the disk is full/)
      expect(readdirSync(folder)).toEqual(before)
      expect(readSafetensors(path).get('x')).toEqual(float([1], 1))
    },
  )
})
