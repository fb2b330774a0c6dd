import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError, RunError } from '../errors.ts'
import { type RunFolder, runFormatVersion } from './run-folder.ts'
import { openSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

/** A run at one moment: `step` steps and `epoch` epochs are done. */
export interface RunCheckpoint {
  readonly step: number
  readonly epoch: number
  /** Parameters and optimiser moments by name. */
  readonly tensors: ReadonlyMap<string, TensorData>
  /** All else that resuming needs, as JSON: no NaN, no infinity. */
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
 * Saves a checkpoint in place of the last one. Tensors and state are one file, so that they are replaced together.
 * @throws CheckpointError where the disk is full: the last checkpoint stays
 * @throws RunError where the run is open for reading only
 */
export function saveCheckpoint(run: RunFolder, { tensors, ...rest }: RunCheckpoint): void {
  if (!run.writable) throw new RunError(`run: ${run.path} was opened for reading. Open it for writing.`)
  try {
    mkdirSync(dirname(run.checkpointPath), { recursive: true })
  } catch (error) {
    throw new CheckpointError(
      `checkpoint: cannot make ${dirname(run.checkpointPath)}, got ${error instanceof Error ? error.message : error}.`,
    )
  }
  const metadata = { [key]: JSON.stringify({ formatVersion: runFormatVersion, ...rest }) }
  writeSafetensors(run.checkpointPath, tensors, { metadata })
}

/**
 * The last checkpoint of a run, bit for bit as it was saved.
 * @throws RunError where there is none
 * @throws CheckpointError where it is damaged or from another version
 */
export function loadCheckpoint(run: RunFolder): RunCheckpoint {
  const path = run.checkpointPath
  if (!existsSync(path)) {
    throw new RunError(
      `run: ${run.path} has no checkpoint to resume from. Start a new run in another folder.`,
    )
  }
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
    json = JSON.parse(text)
  } catch {
    throw new CheckpointError(
      `checkpoint: ${path} has no readable "${key}" in its metadata. It is no checkpoint of a run.`,
    )
  }
  const result = header.safeParse(json)
  if (result.success) return result.data
  throw new CheckpointError(
    `checkpoint: ${path} is damaged or from another version:\n${z.prettifyError(result.error)}`,
  )
}
