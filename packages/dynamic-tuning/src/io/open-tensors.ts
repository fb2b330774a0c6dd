import { CheckpointError } from '../errors.ts'
import { isNpz, openNpz } from './formats/numpy/npz.ts'
import { isTorchLegacy, openTorchLegacy } from './formats/torch/torch-legacy.ts'
import { isTorchZip, openTorchZip } from './formats/torch/torch-zip.ts'
import { openZip } from './formats/zip/zip-file.ts'
import { openSliced } from './read-slice.ts'
import { openSafetensors } from './safetensors.ts'
import { openSharded } from './sharded.ts'
import type { TensorFile, TensorFormat } from './tensor-file.ts'

const begins = (start: Uint8Array, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => start[i] === byte)
const text = (start: Uint8Array): string => Buffer.from(start).toString('latin1')

/** Formats of single files, recognised by their first bytes. */
const fileFormats: readonly TensorFormat[] = [
  // The header's length in eight bytes, below the format's limit, then JSON.
  {
    name: 'safetensors',
    matches: (start) => start[8] === 0x7b && begins(start.subarray(4), 0, 0, 0, 0),
    open: openSafetensors,
  },
  { name: 'zip of NumPy or PyTorch', matches: (start) => begins(start, 0x50, 0x4b), open: openArchive },
  { name: "PyTorch's older form", matches: isTorchLegacy, open: openTorchLegacy },
]

/** All weight formats. The files of an index are single files: an index may not name itself. */
const formats: readonly TensorFormat[] = [
  ...fileFormats,
  {
    name: 'index of several files',
    matches: (start) => /^\s*\{/.test(text(start)),
    open: (path) => openSharded(path, (shard) => openAs(shard, fileFormats)),
  },
]

/** Recognises files of other kinds, and says what to do about them. */
const strangers: readonly (readonly [(start: Uint8Array) => boolean, string])[] = [
  [
    (start) => text(start).startsWith('version https://git-lfs'),
    'is a pointer of Git LFS, not the file itself. Run git lfs pull',
  ],
  [(start) => /^\s*<(?:!doctype|html|\?xml)/i.test(text(start)), 'is a web page. Download the file again'],
  [(start) => /^\s*\{/.test(text(start)), 'is an index itself, not one of the files of an index'],
  [(start) => begins(start, 0x89, 0x48, 0x44, 0x46), 'is HDF5. Convert it to safetensors'],
  [(start) => begins(start, 0x1f, 0x8b), 'is compressed by gzip. Decompress it first'],
  [(start) => begins(start, 0x93, 0x4e, 0x55, 0x4d), 'is one NumPy array. Save all weights with numpy.savez'],
  [
    (start) => start[0] === 0x80 && (start[1] ?? 255) <= 5,
    'is a pickle, which can run code. Save the weights with torch.save(model.state_dict(), ...)',
  ],
]

/**
 * Opens a weight file in the format that its first bytes show: safetensors, .npz of NumPy, .pth and .bin of
 * PyTorch, or an index of several files. The file name does not matter.
 * @throws CheckpointError naming the file, for damaged files and other kinds of files
 */
export function openTensors(path: string): TensorFile {
  return openAs(path, formats)
}

function openAs(path: string, formats: readonly TensorFormat[]): TensorFile {
  const start = firstBytes(path)
  const format = formats.find(({ matches }) => matches(start))
  if (format) return format.open(path)
  // Damaged files with this ending get the error message of the safetensors reader.
  if (path.endsWith('.safetensors')) return openSafetensors(path)
  const [, what] = strangers.find(([matches]) => matches(start)) ?? []
  throw new CheckpointError(
    `checkpoint: ${path} ${what ?? 'is of no known kind'}. Weights are read from ${formats.map(({ name }) => name).join(', ')}.`,
  )
}

function firstBytes(path: string): Uint8Array {
  const file = openSliced(path, 'checkpoint')
  try {
    return file.read(0, Math.min(512, file.length))
  } finally {
    file.close()
  }
}

function openArchive(path: string): TensorFile {
  const zip = openZip(path)
  try {
    if (isTorchZip(zip)) return openTorchZip(zip)
    if (isNpz(zip)) return openNpz(zip)
    throw new CheckpointError(
      `checkpoint: ${path} is a zip archive without data.pkl or .npy members. Unpack it, and name the weights in it.`,
    )
  } catch (error) {
    zip.close()
    throw error
  }
}
