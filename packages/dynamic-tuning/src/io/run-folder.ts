import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { RunError } from '../errors.ts'
import { canStartIn, clearFailedStart, contents, lockName } from './failed-start.ts'
import { readJson } from './read-json.ts'
import { type RunCheckpoint, readCheckpoint, writeCheckpoint } from './run-checkpoint.ts'
import { runFormatVersion } from './run-format.ts'
import { lockHolder, takeLock } from './run-lock.ts'
import { appendMetricLine, readMetricLines, truncateMetricLines } from './run-metrics.ts'
import { removeLeftovers, writeAside } from './write-aside.ts'

/** The folder of one run: its settings, metrics and checkpoint, and the paths of its other files. */
export interface RunFolder {
  readonly path: string
  /** True if this process holds the folder's lock and may write. */
  readonly writable: boolean
  /** `adapter.safetensors`: the trained weights. */
  readonly adapterPath: string
  /** `checkpoint/state.safetensors`: everything that resuming needs, in one file. */
  readonly checkpointPath: string
  /** `model.onnx`, created by export. */
  readonly modelPath: string
  /** `report.html` */
  readonly reportPath: string
  /** The resolved settings. @throws RunError if they are missing, damaged or from another version */
  readConfig(): unknown
  /** Saves the resolved settings and the version of the format. */
  writeConfig(config: object): void
  /** Appends a line to `metrics.jsonl`. */
  appendMetric(line: object): void
  /** The lines of `metrics.jsonl`, without a last line that a crash cut off. */
  readMetrics(): object[]
  /** Removes the lines of steps after `step`: on resuming, those after the checkpoint. */
  truncateMetricsAfter(step: number): void
  /** Replaces the last checkpoint. @throws CheckpointError if the disk is full; the last checkpoint stays */
  saveCheckpoint(checkpoint: RunCheckpoint): void
  /** The last checkpoint; undefined if there is none. @throws CheckpointError if it is damaged */
  loadCheckpoint(): RunCheckpoint | undefined
  /** Releases the lock; nothing can be written after that. */
  release(): void
}

/**
 * Creates and locks the folder of a new run; one that failed or was killed before its first step is emptied.
 * With `resume`, opens and locks an existing one instead.
 * @throws RunError if the folder is not empty or, with `resume`, holds no run
 */
export function createRunFolder(path: string, { resume = false }: { resume?: boolean } = {}): RunFolder {
  if (resume) return reopen(path)
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new RunError(`run: cannot make ${path}, got ${error instanceof Error ? error.message : error}.`)
  }
  return locked(path, (folder) => {
    removeLeftovers(path)
    if (!canStartIn(path))
      throw new RunError(
        `run: ${path} is not empty, it holds ${contents(path).slice(0, 3).join(', ')}. Choose another folder, or resume the run in it.`,
      )
    clearFailedStart(path)
    return folder
  })
}

/**
 * Opens the folder of a run; `write` locks it.
 * @throws RunError if it is not a run folder, is damaged, from another version, or in use by another writer
 */
export function openRunFolder(path: string, { write }: { write: boolean }): RunFolder {
  const reader = runFolder(path)
  reader.readConfig()
  if (!write) return reader
  return locked(path, (folder) => {
    for (const place of [path, dirname(folder.checkpointPath)]) removeLeftovers(place)
    // Without this, a line that a crash cut off would run into the next one.
    folder.truncateMetricsAfter(Number.POSITIVE_INFINITY)
    return folder
  })
}

/**
 * Waits until no process holds a run folder, at most `seconds`: a process whose study was killed writes its
 * checkpoint and ends.
 */
export async function untilFree(path: string, seconds: number, signal?: AbortSignal): Promise<void> {
  const end = Date.now() + 1000 * seconds
  while (lockHolder(join(path, lockName)) && Date.now() < end && !signal?.aborted) await setTimeout(100)
}

function reopen(path: string): RunFolder {
  if (existsSync(path) && contents(path).length === 0)
    throw new RunError(
      `run: ${path} holds no run yet, it was stopped before anything was saved. Start it again without resuming.`,
    )
  return openRunFolder(path, { write: true })
}

/** Locks the folder and calls `prepare`; releases the lock if that fails. */
function locked(path: string, prepare: (folder: RunFolder) => RunFolder): RunFolder {
  const folder = runFolder(path, takeLock(join(path, lockName), path))
  try {
    return prepare(folder)
  } catch (error) {
    folder.release()
    throw error
  }
}

function runFolder(path: string, unlock?: () => void): RunFolder {
  const metricsPath = join(path, 'metrics.jsonl')
  const configPath = join(path, 'config.json')
  const checkpointPath = join(path, 'checkpoint', 'state.safetensors')
  let writable = unlock !== undefined
  const writing = <T>(write: () => T): T => {
    if (writable) return write()
    throw new RunError(`run: ${path} was opened for reading. Open it for writing.`)
  }
  return {
    path,
    get writable() {
      return writable
    },
    adapterPath: join(path, 'adapter.safetensors'),
    checkpointPath,
    modelPath: join(path, 'model.onnx'),
    reportPath: join(path, 'report.html'),
    readConfig: () => readConfig(path, configPath),
    writeConfig: (config) =>
      writing(() => {
        const versioned = { ...config, formatVersion: runFormatVersion }
        writeAside(configPath, `${JSON.stringify(versioned, null, 2)}\n`)
      }),
    appendMetric: (line) => writing(() => appendMetricLine(metricsPath, line)),
    readMetrics: () => readMetricLines(metricsPath),
    truncateMetricsAfter: (step) => writing(() => truncateMetricLines(metricsPath, step)),
    saveCheckpoint: (checkpoint) => writing(() => writeCheckpoint(checkpointPath, checkpoint)),
    loadCheckpoint: () => (existsSync(checkpointPath) ? readCheckpoint(checkpointPath) : undefined),
    release() {
      if (writable) unlock?.()
      writable = false
    },
  }
}

function readConfig(path: string, configPath: string): unknown {
  if (!existsSync(configPath)) {
    throw new RunError(`run: ${path} is not a run folder, it has no config.json. Name the folder of a run.`)
  }
  const config = readJson(configPath, RunError)
  const version =
    typeof config === 'object' && config !== null && 'formatVersion' in config && config.formatVersion
  if (version === runFormatVersion) return config
  throw new RunError(
    `run: ${path} is of format version ${version === false ? 'none' : JSON.stringify(version)}, this library reads version ${runFormatVersion}. Use the version of the library that made it.`,
  )
}
