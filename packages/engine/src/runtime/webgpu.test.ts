import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { expectAllclose, type Plain } from '../testing/index.ts'
import { softwareVulkan } from './software-vulkan.test.support.ts'

const script = join(fileURLToPath(import.meta.url), '../../../dist/runtime/run-scenes.test.support.js')

/** In a process of its own: the Vulkan loader reads its environment once, as it starts. */
async function valuesOn(device: string, env: NodeJS.ProcessEnv): Promise<Record<string, Plain>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, device], {
    env,
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(stdout)
}

describe('webgpu in Node', () => {
  it('computes a training step and every operator as the CPU does', { timeout: 120_000 }, async ({
    skip,
  }) => {
    const vulkan = softwareVulkan()
    if ('missing' in vulkan) {
      console.warn(`skipped: ${vulkan.missing}`)
      return skip(vulkan.missing)
    }
    const [cpu, webgpu] = await Promise.all([valuesOn('cpu', process.env), valuesOn('webgpu', vulkan.env)])
    expect(Object.keys(cpu).length).toBeGreaterThan(50)
    expect(Object.values(cpu).flatMap(({ data }) => data).filter(Number.isFinite).length).toBeGreaterThan(2000)
    const wrong: string[] = []
    for (const [name, wanted] of Object.entries(cpu))
      try {
        expectAllclose(webgpu[name] as Plain, wanted, { rtol: 1e-3, atol: 1e-4 })
      } catch (error) {
        wrong.push(`${name}: ${(error as Error).message}`)
      }
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  })
})
