import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { peakMemoryMB } from './peak-memory.ts'

const dist = new URL('../../dist/run/peak-memory.js', import.meta.url)

describe('peakMemoryMB', () => {
  it('is that of the process, whatever the process that started it held', () => {
    const script = `import { peakMemoryMB } from ${JSON.stringify(dist)}\nconsole.log(peakMemoryMB())`
    const held = new Float64Array(4e7).fill(1)
    const child = Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    )
    expect(peakMemoryMB()).toBeGreaterThan(held.byteLength / 2 ** 20)
    expect(child).toBeGreaterThan(20)
    expect(child).toBeLessThan(150)
  })
})
