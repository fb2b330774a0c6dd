import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import { issuesOf } from '../issues-of.ts'
import { parseJson } from './parse-json.ts'
import { runFormatVersion } from './run-format.ts'
import { openSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

/** A run after `step` steps and `epoch` epochs. */
export interface RunCheckpoint {
  readonly step: number
  readonly epoch: number
  /** Parameters and optimiser moments by name. */
  readonly tensors: ReadonlyMap<string, TensorData>
  /** Everything else that resuming needs, as JSON: no NaN, no infinity. */
  readonly state: unknown
}

const key = 'dynamic-tuning.checkpoint'
const header = z.object({
  formatVersion: z.literal(runFormatVersion),
  step: z.int().nonnegative(),
  epoch: z.number().nonnegative(),
  state: z.unknown(),
})

/**
 * Replaces the checkpoint file `path`. Tensors and state are in one file, so that they are replaced together.
 * @throws CheckpointError if the disk is full; the last checkpoint stays
 */
export function writeCheckpoint(path: string, { tensors, ...rest }: RunCheckpoint): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw new CheckpointError(
      `checkpoint: cannot make ${dirname(path)}, got ${error instanceof Error ? error.message : error}.`,
    )
  }
  const metadata = { [key]: JSON.stringify({ formatVersion: runFormatVersion, ...rest }) }
  writeSafetensors(path, tensors, { metadata })
}

/**
 * Reads the checkpoint file `path`, bit for bit as it was saved.
 * @throws CheckpointError if it is damaged or from another version
 */
export function readCheckpoint(path: string): RunCheckpoint {
  const file = openSafetensors(path, { raw: true })
  try {
    const { step, epoch, state } = parseHeader(path, file.metadata[key])
    return { step, epoch, state, tensors: file.readAll() }
  } finally {
    file.close()
  }
}

function parseHeader(path: string, text = ''): z.infer<typeof header> {
  let json: unknown
  try {
    json = parseJson(text)
  } catch {
    throw new CheckpointError(
      `checkpoint: ${path} has no readable "${key}" in its metadata. It is no checkpoint of a run.`,
    )
  }
  const result = header.safeParse(json)
  if (result.success) return result.data
  throw new CheckpointError(
    `checkpoint: ${path} is damaged or from another version: ${issuesOf(result.error)}. Start the run again.`,
  )
}
