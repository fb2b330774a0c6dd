import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { saveCheckpointFile } from 'dynamic-tuning/io'
import { drawWeights } from 'dynamic-tuning/models'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Result of a command line. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running command line. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Waits until stderr contains a text; fails if the process ends before. */
  said(text: string | RegExp): Promise<void>
}

/** Starts the built command line in a folder. */
export function start(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => {
    stdout += data
  })
  const waiting = new Set<() => void>()
  child.stderr.on('data', (data: Buffer) => {
    stderr += data
    for (const check of waiting) check()
  })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  )
  return {
    child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (stderr.search(text) < 0) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
        ended.then(() => reject(new Error(`ended without saying ${text}:\n${stderr}`)))
      }),
  }
}

/** Runs the built command line to its end. */
export function dyt(folder: string, ...args: readonly string[]): Promise<Ended> {
  return start(folder, ...args).ended
}

/** A folder with `tiny.safetensors`: a ViT of two layers and random weights for images of 32 pixels. */
export function folderWithBackbone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dyt-'))
  saveTinyBackbone(join(folder, 'tiny.safetensors'), 1)
  return folder
}

/** Saves a tiny ViT with weights drawn from `seed`. */
export function saveTinyBackbone(path: string, seed: number): void {
  const config = {
    imageSize: [32, 32],
    patchSize: 8,
    embedDim: 32,
    depth: 2,
    numHeads: 2,
    mlpRatio: 2,
    numClasses: 5,
    globalPool: 'token',
    layerNormEps: 1e-6,
    qkvBias: true,
  } as const
  saveCheckpointFile(path, { tensors: drawWeights(config, seed), config })
}

/** Saves a tiny Swin: two stages of two blocks on 8 x 8 and 4 x 4 tokens of 32 x 32 pixels. */
export function saveTinySwin(path: string, seed: number): void {
  const config = {
    family: 'swin',
    imageSize: [32, 32],
    patchSize: 4,
    embedDim: 8,
    depths: [2, 2],
    numHeads: [1, 2],
    windowSize: 4,
    mlpRatio: 2,
    numClasses: 5,
    layerNormEps: 1e-5,
    qkvBias: true,
  } as const
  saveCheckpointFile(path, { tensors: drawWeights(config, seed), config })
}

/** Settings of a run that takes one second: a drawn task, the tiny backbone, one thread. */
export const quick: readonly string[] = [
  ...['--data', 'builtin:nature', '--model', 'tiny.safetensors', '--bottleneck', '4'],
  ...['--train-size', '64', '--test-size', '32', '--batch', '16', '--threads', '1', '--workers', '0'],
]

/** The lines of a run's metrics without what differs from run to run: times, rates and memory. */
export function steadyMetrics(run: string): object[] {
  const timed = 'seconds waitSeconds loaderWaitShare imagesPerSecond memoryMB peakMemoryMB run'.split(' ')
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n')
  return lines.map((line) =>
    Object.fromEntries(Object.entries(JSON.parse(line) as object).filter(([key]) => !timed.includes(key))),
  )
}

/** The bytes of the trained weights; undefined if the run has not finished. */
export function adapterBytes(run: string): Buffer | undefined {
  const path = join(run, 'adapter.safetensors')
  return existsSync(path) ? readFileSync(path) : undefined
}
