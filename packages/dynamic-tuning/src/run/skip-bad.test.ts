import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { drawImage } from '../data/sources/drawn/draw-image.ts'
import { writeFiles } from '../data/testing/files.ts'
import { encodePng } from '../report/token-strip.ts'
import { finetune } from './finetune.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'skip-bad-'))
afterAll(() => rmSync(folder, { recursive: true }))
const data = join(folder, 'photos')
const run = { data, method: 'linear', epochs: 2, batch: 8, skipBad: true, augment: 'light' } as const

/** Forty photos of two classes. Number 6 is cut short, 13 and 21 are damaged inside. */
async function writePhotos(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const photo = await encodePng(drawImage('orientation', 5, i, 40))
    if (i === 13 || i === 21) photo.fill(0x55, 60, photo.length - 16)
    writeFiles(data, { [`${i % 2}/${i}.png`]: i === 6 ? photo.subarray(0, 90) : photo })
  }
}

type Line = Readonly<Record<string, unknown>>
const lines = (name: string): Line[] => {
  const text = readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8').trim()
  return text.split('\n').map((line): Line => JSON.parse(line))
}
const left = (name: string) =>
  lines(name).flatMap(({ kind, step, file }) =>
    kind === 'leftOut' ? [`${step} ${String(file).slice(data.length)}`] : [],
  )

it('leaves out images that cannot be read, and counts each once, whether it is stopped or not', async () => {
  await writePhotos()
  const { summary } = await tinyRun(folder, 'whole', run)
  const { settings } = openRun(join(folder, 'whole'))
  expect(summary).toMatchObject({ skipped: 3 })
  const whole = left('whole')
  expect(whole[0]).toBe('0 /0/6.png')
  expect(whole.map((line) => line.split('/').at(-1)).sort()).toEqual(['13.png', '21.png', '6.png'])
  expect(readFileSync(join(folder, 'whole/report.html'), 'utf8')).toContain('3 files left out')
  for (const stopAt of [1, 3, 5]) {
    const name = `stopped-${stopAt}`
    const stop = new AbortController()
    // As typed in a shell: a relative path.
    const typed = { ...settings, data: relative(process.cwd(), data) }
    await finetune(typed, {
      out: join(folder, name),
      signal: stop.signal,
      onStep: ({ step }) => step === stopAt && stop.abort(),
    })
    const { summary: resumed } = await finetune({}, { out: join(folder, name), resume: true })
    expect(left(name)).toEqual(whole)
    expect(resumed?.skipped).toBe(3)
  }
})

it('says so before training without skipBad', async () => {
  const refused = tinyRun(folder, 'refused', { ...run, skipBad: false })
  await expect(refused).rejects.toThrow(/^data: 1 of 40 files cannot be read\. .*6\.png/)
})
