import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { npyBytes } from '../../../packages/dynamic-tuning/dist/io/formats/numpy/write-npz.test.support.js'
import {
  ownStorage,
  pickleBytes,
  torchLegacyBytes,
  torchZipBytes,
} from '../../../packages/dynamic-tuning/dist/io/formats/torch/write-torch.test.support.js'
import { zipBytes } from '../../../packages/dynamic-tuning/dist/io/formats/zip/write-zip.test.support.js'
import * as mat from '../../../packages/dynamic-tuning/dist/io/mat/mat.test.support.js'
import { openMat } from '../../../packages/dynamic-tuning/dist/io/mat/mat-file.js'
import { openTensors } from '../../../packages/dynamic-tuning/dist/io/open-tensors.js'
import { readAll } from '../../../packages/dynamic-tuning/dist/io/tensor-file.js'
import { mutated, mutatedJson, mutatedJsonText } from '../mutate.mjs'
import { float32Pieces } from './valid.mjs'

function readTensors(path) {
  const file = openTensors(path)
  try {
    readAll(file)
  } finally {
    file.close()
  }
}
const tensors = (name) => (folder) => readTensors(join(folder, name))
const one = (name, arbitrary) => arbitrary.map((bytes) => ({ [name]: bytes }))
const either = (...arbitraries) => fc.oneof(...arbitraries)

/** A safetensors file: a header of any JSON, with its right length, and data. */
function safetensorsOf(header, data = float32Pieces(6)) {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}
const header = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: 'BF16', shape: [4], data_offsets: [16, 24] },
}

const weights = new Map([
  ['a.weight', { storage: ownStorage('0', new Float32Array(6)), shape: [2, 3] }],
  ['a.bias', { storage: ownStorage('1', new Float32Array(2)), shape: [2] }],
])
const storages = [24, 8].map((size, i) => ({ name: `archive/data/${i}`, data: new Uint8Array(size) }))
const torchOf = (pickle, deflate) =>
  zipBytes([{ name: 'archive/data.pkl', data: pickle, deflate }, ...storages])
/** Opcodes of pickles with operands, in any order: mostly senseless, but read to the end. */
const opcode = fc.oneof(
  fc.constantFrom(
    '(',
    ')',
    ']',
    '}',
    '0',
    '1',
    '2',
    'N',
    't',
    'l',
    'd',
    'a',
    'e',
    's',
    'u',
    'R',
    'b',
    'Q',
    'q\0',
  ),
  fc.constantFrom(
    'h\0',
    'h\x01',
    'q\x01',
    '\x85',
    '\x86',
    '\x87',
    '\x88',
    '\x89',
    '\x8f',
    '\x90',
    '\x91',
    '\x94',
  ),
  fc.constantFrom(
    'K\x01',
    'K\x40',
    'M\0\x10',
    'J\xff\xff\xff\xff',
    'X\x01\0\0\x000',
    'X\x07\0\0\0storage',
    '\x81',
    '\x93',
  ),
  fc.constantFrom(
    'ctorch\nFloatStorage\n',
    'ctorch._utils\n_rebuild_tensor_v2\n',
    'ccollections\nOrderedDict\n',
  ),
  fc.constantFrom(
    'cbuiltins\nset\n',
    'ctorch\ndevice\n',
    'ctorch\nSize\n',
    'ctorch._tensor\n_rebuild_from_type_v2\n',
  ),
)
/** Values that stand for exponentially or very many others, and uses of them. */
const nested = `X\x01\0\0\x00a${'2\x86'.repeat(40)}`
const growing = [
  ...[nested, `}${nested}K\x01s`, `${nested}${nested}\x93`, `ctorch\ndevice\n${nested}\x85R`, `]${nested}a`],
  `}${'2K\x012\x86s'.repeat(30)}`,
  `](${'K\x01'.repeat(500)}eq\0${'cbuiltins\nset\nh\0\x85R0'.repeat(500)}N`,
  'ctorch._tensor\n_rebuild_from_type_v2\nq\0]q\x01(h\0Nh\x01eR',
  '}'.repeat(3000),
]
const codes = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...growing).map((code) => [code]) },
  { weight: 4, arbitrary: fc.noBias(fc.array(opcode, { minLength: 1, maxLength: 60 })) },
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof(opcode, fc.constantFrom(...growing)), { minLength: 1, maxLength: 8 }),
  },
)
const program = codes.map((all) => Buffer.from(`\x80\x02${all.join('')}.`, 'latin1'))

/** The variables of a .mat file changed before they are compressed, so that the changes are read. */
const layout = { littleEndian: true }
const variables = [
  mat.structs([
    { name: mat.text('a'), age: mat.uint8([1, 1], [3]) },
    { name: mat.text('bc'), age: mat.uint8([1, 1], [4]) },
  ]),
  mat.cells([mat.text('some'), mat.double([1, 2], [1, 2.5])]),
  mat.uint16([2, 2], [1, 2, 3, 4]),
].map((write) => write('v', layout))
const matOf = (variable) => {
  const packed = deflateSync(variable)
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(15)
  tag.writeUInt32LE(packed.length, 4)
  return Buffer.concat([mat.matFile({}), tag, packed])
}
const plainMat = mat.matFile(
  { v: mat.text('abc'), w: mat.uint8([2, 2], [1, 2, 3, 4]) },
  { compressed: false },
)

const npy = npyBytes({ descr: '<f4', shape: [2, 2], bytes: float32Pieces(4) })
const npzOf = (member, deflate = true) => zipBytes([{ name: 'a.npy', data: member, deflate }])

/** Files of weights, and MATLAB's. */
export const weightReaders = [
  {
    name: 'safetensors',
    input: one(
      'a.safetensors',
      either(
        mutated([safetensorsOf(header)]),
        mutatedJson(header).map((value) => safetensorsOf(value)),
        mutatedJsonText(header).map((text) => safetensorsOf(text.toString('latin1'))),
      ),
    ),
    read: tensors('a.safetensors'),
  },
  {
    name: 'index',
    input: mutatedJsonText({ metadata: {}, weight_map: { a: 'm-1.safetensors', b: 'm-1.safetensors' } }).map(
      (index) => ({
        'index.json': index,
        'm-1.safetensors': safetensorsOf(header),
      }),
    ),
    read: tensors('index.json'),
  },
  {
    name: 'npz',
    input: one(
      'a.npz',
      either(
        mutated([npy]).map((member) => npzOf(member)),
        mutated([npzOf(npy), npzOf(npy, false)]),
      ),
    ),
    read: tensors('a.npz'),
  },
  {
    name: 'torch',
    share: 2,
    input: one(
      'a.pth',
      either(
        mutated([torchZipBytes(weights), torchZipBytes(weights, { deflate: true })]),
        mutated([pickleBytes(weights)]).map((pickle) => torchOf(pickle, true)),
        program.map((pickle) => torchOf(pickle, false)),
      ),
    ),
    read: tensors('a.pth'),
  },
  { name: 'torch-legacy', input: one('a.pth', mutated([torchLegacyBytes(weights)])), read: tensors('a.pth') },
  {
    name: 'mat',
    share: 2,
    input: one(
      'a.mat',
      either(mutated([plainMat]), mutated(variables).map(matOf), mutated([matOf(variables[0])])),
    ),
    async read(folder) {
      const file = openMat(join(folder, 'a.mat'))
      for (const name of file.names) await file.read(name)
    },
  },
]
