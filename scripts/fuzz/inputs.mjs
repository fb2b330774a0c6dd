import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'

/** The reader of an input: each gets inputs by its share (default 1). */
export function readerOf(readers, index) {
  const total = readers.reduce((sum, { share = 1 }) => sum + share, 0)
  // Multiples of the golden ratio fill the range evenly, whatever the count.
  let left = ((index * 0.6180339887498949) % 1) * total
  for (const reader of readers) {
    left -= reader.share ?? 1
    if (left < 0) return reader
  }
  return readers[0]
}

/** The files of an input, by name: the same seed, reader and index give the same bytes. */
export function filesOf(seed, reader, index) {
  const digest = createHash('sha256').update(`${seed} ${reader.name} ${index}`).digest()
  const [files] = fc.sample(reader.input, { seed: digest.readInt32LE(), numRuns: 1 })
  return files
}

/** Writes the files of an input into a folder. */
export function writeInput(folder, files) {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
}
