import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expectAllclose, softwareVulkan } from '@dynamic-tuning/engine/testing'
import { describe, expect, it } from 'vitest'

const script = join(fileURLToPath(import.meta.url), '../../../dist/training/run-step.test.support.js')

/** In a process of its own: the Vulkan loader reads its environment once, as it starts. */
async function valuesOn(device: string, env: NodeJS.ProcessEnv): Promise<Record<string, number[]>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, device], {
    env,
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(stdout)
}

describe('Dynamic Tuning on webgpu', () => {
  it('takes a training step and classifies as on the CPU', { timeout: 300_000 }, async ({ skip }) => {
    const vulkan = softwareVulkan()
    if ('missing' in vulkan) {
      console.warn(`skipped: ${vulkan.missing}`)
      return skip(vulkan.missing)
    }
    const [cpu, webgpu] = await Promise.all([valuesOn('cpu', process.env), valuesOn('webgpu', vulkan.env)])
    expect(Object.keys(cpu)).toEqual(
      expect.arrayContaining(['loss', 'kl', 'grad.head.weight', 'complete', 'skip', 'bucket']),
    )
    expect(Object.keys(cpu).filter((name) => name.startsWith('grad.'))).toHaveLength(2 * 6 + 2)
    const [rate] = cpu.activeRatePerGate as [number]
    expect(rate).toBeGreaterThan(0)
    expect(rate).toBeLessThan(1)
    // Nothing inside the network waits for the host, which is where everything runs on the CPU.
    expect(webgpu.operatorsOnHost).toEqual([0])
    expect(cpu.operatorsOnHost?.[0]).toBeGreaterThan(0)
    delete cpu.operatorsOnHost
    const wrong = Object.entries(cpu).flatMap(([name, wanted]) => {
      const scale = Math.max(...wanted.map(Math.abs))
      expect(scale).toBeGreaterThan(0)
      try {
        expectAllclose(webgpu[name] ?? [], wanted, { rtol: 1e-3, atol: 1e-5 + 1e-3 * scale })
        return []
      } catch (error) {
        return [`${name}: ${(error as Error).message}`]
      }
    })
    expect(wrong).toEqual([])
    for (const form of ['skip', 'bucket'])
      expectAllclose(webgpu[form] as number[], webgpu.masked as number[], { rtol: 1e-4, atol: 1e-4 })
  })
})
