import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { CheckpointError } from '../errors.ts'
import { openSafetensors } from './safetensors.ts'
import { safetensorsHeader } from './safetensors-writer.ts'

/** A file of rows of equal length, read on demand. */
export interface RowFile {
  readonly count: number
  readonly width: number
  /** The rows at these indices, [indices.length, width]. */
  read(indices: ArrayLike<number>): Float32Array<ArrayBuffer>
  close(): void
}

/** Describes the rows of a file. */
export interface RowFileContent {
  readonly count: number
  readonly width: number
  /** Identifies the data that the rows were computed from. */
  readonly key: string
}

const tensorName = 'rows'

/**
 * Writes rows as they arrive to a safetensors file with one tensor `rows` [count, width], under a temporary
 * name that is replaced at the end; memory holds one piece at a time.
 * @throws CheckpointError if the disk is full or the number of rows is not `count`; no file is left
 */
export async function writeRows(
  path: string,
  { count, width, key }: RowFileContent,
  pieces: AsyncIterable<Float32Array>,
): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`
  const bytes = 4 * count * width
  try {
    const file = openSync(aside, 'w')
    try {
      const entry = { dtype: 'F32', shape: [count, width], data_offsets: [0, bytes] }
      for (const piece of safetensorsHeader([[tensorName, entry]], { key })) writeAll(file, piece)
      let written = 0
      for await (const { buffer, byteOffset, byteLength } of pieces) {
        writeAll(file, new Uint8Array(buffer, byteOffset, byteLength))
        written += byteLength
      }
      if (written !== bytes)
        throw new CheckpointError(
          `rows: ${path} takes ${count} rows of ${width} numbers, got ${written / 4} numbers in all.`,
        )
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(aside, path)
  } catch (error) {
    rmSync(aside, { force: true })
    if (error instanceof CheckpointError || !(error instanceof Error && 'code' in error)) throw error
    throw new CheckpointError(
      `rows: cannot write ${path}, got ${error.message}. Free some space and try again.`,
    )
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at)
}

/**
 * Opens rows that were written before; undefined if the file holds other rows.
 * @throws CheckpointError if the file is damaged
 */
export function openRows(path: string, { count, width, key }: RowFileContent): RowFile | undefined {
  const stored = openSafetensors(path)
  const tensor = stored.tensors.get(tensorName)
  stored.close()
  const fits = tensor?.dtype === 'F32' && tensor.shape.join() === `${count},${width}`
  if (tensor === undefined || !fits || stored.metadata.key !== key) return undefined
  const file = openSync(path, 'r')
  const { offset } = tensor
  let open = true
  return {
    count,
    width,
    read(indices) {
      const rows = new Float32Array(indices.length * width)
      for (const [i, index] of Array.from(indices).entries()) {
        const bytes = new Uint8Array(rows.buffer, 4 * i * width, 4 * width)
        readRow(file, path, bytes, offset + 4 * width * index)
      }
      return rows
    },
    close() {
      if (open) closeSync(file)
      open = false
    },
  }
}

function readRow(file: number, path: string, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(file, bytes, at, bytes.length - at, position + at)
    if (got === 0) throw new CheckpointError(`rows: ${path} became shorter while it was read. Try again.`)
    at += got
  }
}
