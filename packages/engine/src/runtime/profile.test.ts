import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { input, parameter } from '../graph/tensor.ts'
import { linear } from '../ops/matrix.ts'
import { compile } from './node.ts'

describe('a profiled program', () => {
  it('leaves a trace that names operators by their place in the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-test-'))
    try {
      const y = linear(input('x', [1, 2]), parameter('blocks.0.mlp.fc1.weight', [2, 2]))
      const program = await compile({ y }, { profile: join(folder, 'trace') })
      await program.run({ x: Float32Array.of(1, 2), 'blocks.0.mlp.fc1.weight': Float32Array.of(1, 0, 0, 1) })
      await program.release()
      const [file] = readdirSync(folder) as [string]
      const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { name: string; dur: number }[]
      expect(events.map(({ name }) => name)).toContainEqual(
        expect.stringMatching(/^blocks\.0\.mlp\.fc1\/.*kernel_time$/),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
