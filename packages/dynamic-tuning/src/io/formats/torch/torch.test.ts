import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../errors.ts'
import { narrowToBfloat16, narrowToFloat16 } from '../../float16.ts'
import { openTensors } from '../../open-tensors.ts'
import { readAll } from '../../tensor-file.ts'
import { torchLegacy, torchZip } from '../real-files.test.support.ts'
import { zipBytes } from '../zip/write-zip.test.support.ts'
import { pickledFile } from './pickled-file.ts'
import { stateDictIn } from './state-dict.ts'
import { storageNamed } from './torch-zip.ts'
import { unpickle } from './unpickle.ts'
import {
  ownStorage,
  pickleBytes,
  torchLegacyBytes,
  torchZipBytes,
  type Written,
  type WrittenStorage,
} from './write-torch.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'torch-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'weights.pth')

function read(bytes: Uint8Array): Map<string, TensorData> {
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

/** The contents of the real files, with storages under these keys. */
function realContent(weight: string, bias: string): Written {
  const half: WrittenStorage = {
    key: bias,
    type: 'HalfStorage',
    length: 2,
    bytes: bytesOf(narrowToFloat16(Float32Array.from([0.5, -0.5]))),
  }
  return new Map([
    ['a.weight', { storage: ownStorage(weight, Float32Array.from([1, 2, 3, 4, 5, 6])), shape: [2, 3] }],
    ['a.bias', { storage: half, shape: [2] }],
  ])
}
const realTensors = new Map([
  ['a.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) }],
  ['a.bias', { dtype: 'float32', shape: [2], data: Float32Array.from([0.5, -0.5]) }],
])

describe('files of PyTorch', () => {
  it('are read as torch.save wrote them, in both forms', () => {
    expect(read(torchZip)).toEqual(realTensors)
    expect(read(torchLegacy)).toEqual(realTensors)
  })

  it('are written here as by torch.save, opcode for opcode', () => {
    expect(torchZip.includes(pickleBytes(realContent('0', '1')))).toBe(true)
    expect(torchLegacyBytes(realContent('753418944', '815319024'))).toEqual(torchLegacy)
    expect(read(torchZipBytes(realContent('0', '1')))).toEqual(realTensors)
    expect(read(torchZipBytes(realContent('0', '1'), { deflate: true, byteOrder: 'little' }))).toEqual(
      realTensors,
    )
  })

  it('give views of one storage: slices, transposes, offsets, repeats', () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i)
    const storage = ownStorage('0', data)
    const views = {
      whole: { storage, shape: [2, 3, 4] },
      middle: { storage, shape: [3, 4], offset: 12 },
      turned: { storage, shape: [4, 6], strides: [1, 4] },
      column: { storage, shape: [6], strides: [4], offset: 2 },
      repeated: { storage, shape: [3, 2], strides: [0, 1], offset: 5 },
      scalar: { storage, shape: [], offset: 23 },
      empty: { storage, shape: [0, 9], offset: 24 },
    }
    const wanted = Object.entries(views).map(([name, view]) => {
      const {
        shape,
        offset = 0,
        strides = shape.length === 3 ? [12, 4, 1] : [shape[1] ?? 1, 1],
      } = {
        ...view,
      } as { shape: readonly number[]; offset?: number; strides?: readonly number[] }
      const values: number[] = []
      const visit = (axis: number, at: number): void => {
        if (axis === shape.length) values.push(data[at] as number)
        else
          for (let i = 0; i < (shape[axis] as number); i++)
            visit(axis + 1, at + i * (strides[axis] as number))
      }
      visit(0, offset)
      return [name, { dtype: 'float32', shape, data: Float32Array.from(values) }] as const
    })
    for (const bytes of [torchZipBytes, torchLegacyBytes])
      expect(read(bytes(new Map(Object.entries(views))))).toEqual(new Map(wanted))
  })

  it('come in float16, bfloat16, float64 and whole numbers', () => {
    const floats = Float32Array.from([1.5, -3, 1024])
    const longs = BigInt64Array.from([1n, -5n, 7n])
    const stored = {
      HalfStorage: [narrowToFloat16(floats), floats],
      BFloat16Storage: [narrowToBfloat16(floats), floats],
      DoubleStorage: [Float64Array.from(floats), Float64Array.from(floats)],
      LongStorage: [longs, longs],
      BoolStorage: [Uint8Array.from([1, 0, 1]), Uint8Array.from([1, 0, 1])],
    } as const
    const content = Object.entries(stored).map(([type, [values]], key): [string, Written] => [
      type,
      { storage: { key: String(key), type, length: 3, bytes: bytesOf(values) }, shape: [3] },
    ])
    const tensors = read(torchZipBytes(new Map(content)))
    for (const [type, [, wanted]] of Object.entries(stored)) expect(tensors.get(type)?.data).toEqual(wanted)
  })

  it('may keep the weights in a checkpoint, under names of data-parallel training', () => {
    const weights = new Map(
      [...(realContent('0', '1') as ReadonlyMap<string, Written>)].map(([name, value]) => [
        `module.${name}`,
        value,
      ]),
    )
    for (const place of ['state_dict', 'model', 'model_state_dict']) {
      const settings = {
        dict: { lr: 1, name: 'adamw', big: { raw: Buffer.from('8a090000000000000000ff', 'hex') } },
      }
      expect(read(torchZipBytes({ dict: { epoch: 300, settings, [place]: weights } }))).toEqual(realTensors)
    }
    const averaged = new Map([['x', { storage: ownStorage('7', Float32Array.from([9])), shape: [1] }]])
    const both = { dict: { model: weights, model_ema: averaged } }
    expect([...read(torchZipBytes(both)).keys()]).toEqual(['x'])
    expect(() => read(torchZipBytes({ dict: { epoch: 3, nets: weights } }))).toThrow(
      /no weights at its top or under .*, got "epoch", "nets"/,
    )
  })
})

/** A file whose pickle is `body` between PROTO and STOP. */
const withPickle = (body: string) =>
  zipBytes([
    {
      name: 'archive/data.pkl',
      data: Buffer.concat([Buffer.from([0x80, 2]), Buffer.from(body, 'latin1'), Buffer.from('.')]),
    },
    { name: 'archive/data/0', data: new Uint8Array(4) },
  ])

/** Pushes a tuple of two equal tuples of two equal tuples, and so on, 40 levels deep. */
const nestedTuple = `X\x04\x00\x00\x00aaaa${'2\x86'.repeat(40)}`

describe('the restricted unpickler', () => {
  it.each([
    ['os.system', 'cos\nsystem\n(X\x04\x00\x00\x00echotR'],
    ['posix.system', 'cposix\nsystem\n'],
    ['builtins.eval', 'cbuiltins\neval\n'],
    ['__builtin__.getattr', 'c__builtin__\ngetattr\n'],
    ['os.system', '\x8c\x02os\x8c\x06system\x93'],
    ['torch.FloatStorage.__init__', 'ctorch\nFloatStorage.__init__\n'],
    ['collections.OrderedDict.fromkeys', 'ccollections\nOrderedDict.fromkeys\n'],
    ['argparse.Namespace', '}X\x04\x00\x00\x00argscargparse\nNamespace\n)\x81}bs'],
    ['constructor.constructor', 'cconstructor\nconstructor\n'],
    ['torch.__proto__', 'ctorch\n__proto__\n'],
    ['numpy.core.multiarray.scalar', 'cnumpy.core.multiarray\nscalar\n'],
    ['torch.ShortStorage', 'ctorch\nShortStorage\n'],
  ])('refuses %s, naming it and the file', (name, body) => {
    expect(() => read(withPickle(body))).toThrow(CheckpointError)
    expect(() => read(withPickle(body))).toThrow(`${path} asks for ${name}, which is no part of weights`)
  })

  it.each([
    ['INST', '(ios\nsystem\n', /opcode 0x69/],
    ['OBJ', '(cos\nsystem\no', /asks for os\.system/],
    ['EXT1', '\x82\x01', /opcode 0x82/],
    ['NEWOBJ_EX', '\x92', /opcode 0x92/],
    ['an empty stack', '0', /its stack is empty/],
    ['a missing mark', 'K\x01t', /a mark is missing/],
    ['a lost memo', 'h\x05', /there is nothing under 5/],
    ['a call of a number', 'K\x01)R', /something is called that is no function/],
    [
      'a call without arguments',
      'ctorch._utils\n_rebuild_tensor_v2\n)R',
      /_rebuild_tensor_v2 is asked for a tensor without storage/,
    ],
    ['items of a number', 'K\x01K\x02K\x03s', /items are set of no dict/],
    ['attributes of a list', ']}b', /attributes are set of something that has none/],
    ['an endless string', 'X\xff\xff\xff\x7fabc', /2147483647 bytes are wanted, it ends/],
    ['an endless line', 'ccollections', /a line does not end/],
    ['a huge number', '\x8b\xff\xff\xff\x7f', /an integer has 2147483647 bytes/],
    ['another persistent id', 'X\x01\x00\x00\x00xQ', /a persistent id that is no storage/],
    ['a tuple from nothing', '\x86', /a tuple lacks values/],
    // Each of these took for ever or ran out of stack: t is a tuple of 2^40 strings.
    ['a nested tuple as a name', `${nestedTuple}K\x01\x93`, /a name is no text/],
    ['a nested tuple as a device', `ctorch\ndevice\n${nestedTuple}\x85R`, /has no weights .* got no dict/],
    ['a nested tuple as a key', `}${nestedTuple}K\x01s`, /has no weights .*, got no dict/],
    [
      'a function that rebuilds itself',
      'ctorch._tensor\n_rebuild_from_type_v2\nq\x00]q\x01(h\x00Nh\x01eR',
      /asked for a tensor without the function that rebuilds it/,
    ],
    [
      'a set that is copied again and again',
      `](${'K\x01'.repeat(1000)}eq\x00${'cbuiltins\nset\nh\x00\x85R0'.repeat(1000)}N`,
      /it copies the same values for ever/,
    ],
    [
      'a tensor of 65 axes',
      `ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000NK\x01tQK\x00(${'K\x01'.repeat(65)}t(${'K\x01'.repeat(65)}ttR`,
      /a tensor of 65 axes/,
    ],
  ])('refuses %s', (_name, body, message) => {
    expect(() => read(withPickle(body))).toThrow(CheckpointError)
    expect(() => read(withPickle(body))).toThrow(message)
  })

  it('refuses a million dicts', () => {
    expect(() => read(withPickle('}'.repeat(1_000_001)))).toThrow(/it makes more than 1000000 values/)
  })

  it('lets no cut and no changed byte of a file through as another error', () => {
    const pickle = pickleBytes(realContent('0', '1'))
    const data = [Buffer.from(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer), Buffer.alloc(4)] as const
    const storages = {
      sizeOf: ({ key }: { readonly key: string }) => data[Number(key)]?.length ?? 0,
      read: ({ key }: { readonly key: string }, offset: number, length: number) =>
        (data[Number(key)] as Buffer).subarray(offset, offset + length),
      close() {},
    }
    const open = (bytes: Buffer): void => {
      try {
        const { value } = unpickle(path, bytes, (id) => storageNamed(path, id))
        readAll(pickledFile(path, stateDictIn(path, value), storages))
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError)
      }
    }
    for (let i = 0; i < pickle.length; i++) {
      open(pickle.subarray(0, i))
      const changed = Buffer.from(pickle)
      changed[i] = (changed[i] as number) ^ (1 << (i % 8))
      open(changed)
    }
  })
})

describe('files of older PyTorch', () => {
  it('have a protocol and storage keys that are plain', () => {
    const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')
    const pickle = (body: string) => Buffer.from(`${body}.`, 'latin1')
    const number = pickleBytes(1001)
    const system = pickle('}X\x0d\x00\x00\x00little_endian\x88s')
    expect(() => read(Buffer.concat([magic, pickle(nestedTuple)]))).toThrow(/is of protocol none/)
    const keys = pickle(`]${nestedTuple}a`)
    expect(() => read(Buffer.concat([magic, number, system, pickle('}'), keys]))).toThrow(
      /ends before its storage \. /,
    )
  })
})

describe('damaged files of PyTorch', () => {
  const storage = ownStorage('0', Float32Array.from([1, 2, 3]))
  const view = (changes: object): Written => new Map([['x', { storage, shape: [3], ...changes }]])
  it.each([
    [view({ shape: [4] }), /tensor "x" of .* \[4\] reaches beyond its storage of 3 numbers/],
    [view({ offset: 1 }), /reaches beyond its storage of 3 numbers, offset 1/],
    [view({ strides: [2] }), /reaches beyond .*strides 2/],
    [view({ strides: [1, 1] }), /a tensor of 1 axes with 2 strides/],
    [view({ shape: [5000, 5000], strides: [0, 0] }), /repeats 3 numbers to 25000000/],
    [
      view({ storage: { ...storage, length: 2 }, shape: [2] }),
      /needs a storage of 2 float32, 8 bytes, and has 12/,
    ],
  ])('are refused: views that do not fit %#', (content, message) => {
    expect(() => read(torchZipBytes(content))).toThrow(CheckpointError)
    expect(() => read(torchZipBytes(content))).toThrow(message)
  })

  it('are refused: lacking storages, another byte order, cut ends', () => {
    const whole = torchZipBytes(view({}))
    const lost = Buffer.from(
      whole.toString('latin1').replaceAll('archive/data/0', 'archive/data/9'),
      'latin1',
    )
    expect(() => read(lost)).toThrow(/lacks the storage archive\/data\/0/)
    expect(() => read(torchZipBytes(view({}), { byteOrder: 'big' }))).toThrow(
      /byte order "big", expected little/,
    )
    const legacy = torchLegacyBytes(view({}))
    for (let length = 15; length < legacy.length; length += 7)
      expect(() => read(legacy.subarray(0, length)), `${length} bytes`).toThrow(CheckpointError)
    expect(() => read(legacy.subarray(0, legacy.length - 1))).toThrow(/ends before its storage 0/)
  })
})
