import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dyt, folderWithBackbone, start } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

const search = [
  ...['noah-search', '--data', 'builtin:nature', '--model', 'tiny.safetensors', '--limit', '2e3'],
  ...['--train-size', '64', '--test-size', '32', '--batch', '16', '--threads', '1', '--workers', '0'],
  ...['--population', '4', '--rounds', '2'],
]

interface Found {
  readonly parameters: number
  readonly loraDim: readonly number[]
  readonly settingsFile: string
}

describe('dyt noah-search', () => {
  it('shows a winner within the limit, which dyt finetune trains', async () => {
    const ended = await dyt(folder, ...search, '--epochs', '2', '--out', 'noah')
    expect(ended.stderr).toMatch(/epoch 2\/2 .*\n(?:.*\n)*round 1\/2 +best /)
    expect(ended.stdout).toMatch(/layer +prompts +LoRA +adapter\n.*\n +0 +\d+ +\d+ +\d+\n +1 /)
    expect(ended.stdout).toMatch(/parameters +[\d.]+ k? +of at most 2.00 k/)
    expect(ended.stdout).toMatch('Next: dyt finetune --config noah/noah.json\n')
    const again = await dyt(folder, 'noah-search', '--resume', '--out', 'noah', '--json', '--quiet')
    const { parameters, loraDim, settingsFile } = JSON.parse(again.stdout) as Found
    expect(parameters).toBeLessThanOrEqual(2000)
    expect(JSON.parse(readFileSync(join(folder, settingsFile), 'utf8'))).toMatchObject({ loraDim })
    const tuned = await dyt(
      folder,
      ...['finetune', '--config', settingsFile, '--epochs', '1', '--out', 'tuned'],
      ...['--json', '--quiet', '--workers', '0'],
    )
    expect(tuned).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(tuned.stdout)).toMatchObject({ method: 'noah', images: 32 })
  })

  it('stopped by Ctrl-C, says how to go on', async () => {
    const first = start(folder, ...search, '--epochs', '2000', '--out', 'parts', '--json')
    await first.said(/epoch +1\/2000/)
    first.child.kill('SIGINT')
    const stopped = await first.ended
    expect(stopped.code).toBe(130)
    const { steps } = JSON.parse(stopped.stdout) as { steps: number }
    expect(stopped.stderr).toMatch(
      `Stopped after step ${steps}. Go on with: dyt noah-search --resume --out parts\n`,
    )
    const other = await dyt(folder, 'noah-search', '--resume', '--out', 'parts', '--limit', '3e3')
    expect(other.code).toBe(2)
    expect(other.stderr).toMatch('resume: the search was started with limit 2000, got 3000.')
  })
})
