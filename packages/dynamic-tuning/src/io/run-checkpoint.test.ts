import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckpointError, RunError } from '../errors.ts'
import type { RunCheckpoint } from './run-checkpoint.ts'
import { createRunFolder, openRunFolder, type RunFolder } from './run-folder.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const root = mkdtempSync(join(tmpdir(), 'run-checkpoint-'))
afterAll(() => rmSync(root, { recursive: true }))
let run: RunFolder
let count = 0
beforeEach(() => {
  run = createRunFolder(join(root, String(count++)))
  run.writeConfig({})
  return () => run.release()
})

const at = (step: number): RunCheckpoint => ({
  step,
  epoch: 2.5,
  tensors: new Map<string, TensorData>([
    ['w', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(step, 1e-45, -0, Number.NaN) }],
    ['half', { dtype: 'float16', shape: [3], data: Uint16Array.of(1, 0x7c01, 0xffff) }],
    ['moment', { dtype: 'float64', shape: [], data: Float64Array.of(0.1 + 0.2) }],
  ]),
  state: { best: 0.1 + 0.2, names: ['ä', '"'], nothing: null },
})

describe('the checkpoint of a run', () => {
  it('comes back bit for bit, the last one only, and lets the run be resumed', () => {
    run.saveCheckpoint(at(3))
    run.saveCheckpoint(at(4))
    expect(run.loadCheckpoint()).toEqual(at(4))
    expect(readdirSync(dirname(run.checkpointPath))).toEqual(['state.safetensors'])
    run.release()
    const again = createRunFolder(run.path, { resume: true })
    expect(again.loadCheckpoint()?.step).toBe(4)
    again.release()
  })

  it('is not written by a reader, and not found where there is none', () => {
    const reader = openRunFolder(run.path, { write: false })
    expect(() => reader.saveCheckpoint(at(1))).toThrow(RunError)
    expect(reader.loadCheckpoint()).toBeUndefined()
  })

  it('is refused where its metadata is missing, damaged or from another version', () => {
    run.saveCheckpoint(at(1))
    const write = (text: string | undefined): void =>
      writeSafetensors(
        run.checkpointPath,
        [],
        text === undefined ? {} : { metadata: { 'dynamic-tuning.checkpoint': text } },
      )
    write(undefined)
    expect(() => run.loadCheckpoint()).toThrow(/no readable "dynamic-tuning.checkpoint"/)
    write('{"formatVersion":2,"step":1,"epoch":0,"state":{}}')
    expect(() => run.loadCheckpoint()).toThrow(/another version:[\s\S]*formatVersion/)
    write('{"formatVersion":1,"step":-1,"epoch":0,"state":{}}')
    expect(() => run.loadCheckpoint()).toThrow(CheckpointError)
  })

  it.skipIf(!existsSync('/dev/full'))(
    'stays as it was when the disk is full (skipped without /dev/full)',
    () => {
      run.saveCheckpoint(at(1))
      const before = readFileSync(run.checkpointPath)
      symlinkSync('/dev/full', `${run.checkpointPath}.${process.pid}.tmp`)
      let error: unknown
      try {
        run.saveCheckpoint(at(2))
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(CheckpointError)
      expect((error as Error).message).toMatch(/state\.safetensors, the disk is full/)
      expect(readFileSync(run.checkpointPath)).toEqual(before)
      expect(readdirSync(dirname(run.checkpointPath))).toEqual(['state.safetensors'])
    },
  )
})
