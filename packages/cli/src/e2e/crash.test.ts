import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const benchmarks = new URL('../../../../benchmarks/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'crash-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a killed run goes on as if it was never stopped', { timeout: 400_000 }, async () => {
  const script = fileURLToPath(new URL('crash.mjs', benchmarks))
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    '--kills',
    '2',
    '--only',
    'features',
  ])
  const found: { kills: number; faults: number } = JSON.parse(stdout)
  expect(found.faults).toBe(0)
  expect(found.kills).toBeGreaterThanOrEqual(2)
})

it('and the test of that finds what differs', async () => {
  const { faultsOf }: { faultsOf: (found: string, whole: string) => string[] } = await import(
    new URL('crash/compare-folders.mjs', benchmarks).href
  )
  const whole = join(folder, 'whole')
  const line = (step: number, seconds: number) => `${JSON.stringify({ kind: 'step', step, seconds })}\n`
  cpSync(fileURLToPath(new URL('crash', benchmarks)), whole, { recursive: true })
  writeFileSync(join(whole, 'metrics.jsonl'), line(1, 0.5) + line(2, 0.5))
  writeFileSync(join(whole, 'report.html'), '<html></html>\n')
  writeFileSync(join(whole, 'adapter.safetensors'), 'bits')
  const changed = (name: string, change: (path: string) => void): string[] => {
    const path = join(folder, name)
    cpSync(whole, path, { recursive: true })
    change(path)
    return faultsOf(path, whole)
  }
  const metrics = (text: string) => (path: string) => writeFileSync(join(path, 'metrics.jsonl'), text)
  expect(changed('same', metrics(line(1, 9) + line(2, 8)))).toEqual([])
  expect(changed('bits', (path) => writeFileSync(join(path, 'adapter.safetensors'), 'bitz'))).toEqual([
    'adapter.safetensors has other bits',
  ])
  expect(changed('twice', metrics(line(1, 1) + line(2, 1) + line(2, 1)))).toHaveLength(1)
  expect(changed('other', metrics(line(1, 1) + line(3, 1)))).toHaveLength(1)
  expect(changed('half', (path) => writeFileSync(join(path, 'report.html'), '<html>'))).toEqual([
    'report.html is not complete',
  ])
  expect(changed('lost', (path) => rmSync(join(path, 'report.html')))).toEqual(['report.html is missing'])
  expect(changed('left', (path) => appendFileSync(join(path, 'config.json.1.tmp'), ''))).toEqual([
    'config.json.1.tmp is too many',
  ])
  expect(readFileSync(join(whole, 'report.html'), 'utf8')).toContain('</html>')
})
