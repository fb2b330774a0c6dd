import { dataReaders } from './data.mjs'
import { hubReader } from './hub.mjs'
import { runReaders } from './runs.mjs'
import { weightReaders } from './weights.mjs'

/**
 * All readers of files from outside: name, share of the inputs, the files of an input, and how they are read.
 * `home` is a folder for what takes time to make.
 */
export async function loadReaders(home) {
  return [...weightReaders, ...(await dataReaders(home)), ...runReaders(), await hubReader()]
}
