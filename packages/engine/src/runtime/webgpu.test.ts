import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import type { Plain } from '../testing/index.ts'
import { softwareVulkan } from '../testing/software-vulkan.ts'
import { expectSameValues } from './same-values.test.support.ts'

const script = join(fileURLToPath(import.meta.url), '../../../dist/runtime/run-scenes.test.support.js')

/** Runs in a separate process, because the Vulkan loader reads its environment only at start. */
async function valuesOn(device: string, env: NodeJS.ProcessEnv): Promise<Record<string, Plain>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, device], {
    env,
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(stdout)
}

describe('webgpu in Node', () => {
  it('computes a training step and every operator as the CPU does', { timeout: 300_000 }, async ({
    skip,
  }) => {
    const vulkan = softwareVulkan()
    if ('missing' in vulkan) {
      console.warn(`skipped: ${vulkan.missing}`)
      return skip(vulkan.missing)
    }
    const [cpu, webgpu] = await Promise.all([valuesOn('cpu', process.env), valuesOn('webgpu', vulkan.env)])
    expectSameValues(webgpu, cpu)
  })
})
