import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOnDemand, type TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-on-demand-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

describe('tensors on demand', () => {
  const path = at('large.safetensors')
  const count = 2 ** 18
  const values = Float32Array.from({ length: count }, (_, i) => i / 8)
  const large: TensorData = { dtype: 'float32', shape: [2, count / 2], data: values }
  const write = (): void =>
    writeSafetensors(path, [
      ['large', large],
      ['small', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }],
    ])

  it('are those of the file, large ones after it was closed', () => {
    write()
    const read = readSafetensors(path, { onDemand: true })
    expect([...read].map(([name, tensor]) => [name, isOnDemand(tensor)])).toEqual([
      ['large', true],
      ['small', false],
    ])
    expect(read.get('large')?.shape).toEqual([2, count / 2])
    expect(read.get('large')?.data).toEqual(values)
    expect(readSafetensors(path).get('large')).toEqual(large)
  })

  it('are widened like others', () => {
    const halves = Float32Array.from({ length: 2 * count }, (_, i) => (i % 1024) / 8)
    const tensor: TensorData = { dtype: 'float32', shape: [2 * count], data: halves }
    writeSafetensors(path, [['large', tensor]], { dtype: 'float16' })
    const read = readSafetensors(path, { onDemand: true }).get('large') as TensorData
    expect([isOnDemand(read), read.dtype]).toEqual([true, 'float32'])
    expect(read.data).toEqual(halves)
    const raw = readSafetensors(path, { onDemand: true, raw: true }).get('large') as TensorData
    expect([isOnDemand(raw), raw.dtype, raw.data.length]).toEqual([true, 'float16', 2 * count])
  })

  it('of a file that was replaced are refused', () => {
    write()
    const read = readSafetensors(path, { onDemand: true }).get('large') as TensorData
    write()
    expect(() => read.data).toThrow(CheckpointError)
    expect(() => read.data).toThrow(/large\.safetensors was changed while its weights were in use/)
    rmSync(path)
    expect(() => read.data).toThrow(/cannot open .*large\.safetensors/)
  })

  it('are copied to another file without being held', () => {
    write()
    writeSafetensors(at('copy.safetensors'), readSafetensors(path, { onDemand: true }))
    expect(readFileSync(at('copy.safetensors'))).toEqual(readFileSync(path))
  })
})
