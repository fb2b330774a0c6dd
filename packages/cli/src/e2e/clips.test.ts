import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvaluation } from 'dynamic-tuning'
import { drawClip } from 'dynamic-tuning/data'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dyt, folderWithBackbone } from './dyt.test.support.ts'

const missing = spawnSync('ffmpeg', ['-version']).status === 0 ? '' : 'skipped: ffmpeg is not installed'
if (missing !== '') console.info(`tests of commands on videos are ${missing}`)

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

/** A drawn clip as a video of 12 frames. */
function writeVideo(path: string, index: number): void {
  const frames = drawClip('motion', 0, index, [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 29, 31], 48)
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '48x48', '-r', '12', '-i', 'pipe:0']
  const encoding = ['-c:v', 'libx264', '-threads', '1', '-pix_fmt', 'yuv420p', path]
  const made = spawnSync('ffmpeg', ['-v', 'error', '-y', ...raw, ...encoding], {
    input: Buffer.concat(frames.map(({ data }) => data)),
  })
  if (made.status !== 0) throw new Error(String(made.stderr))
}

const lists = { 'train.csv': [0, 1, 2, 3, 4, 5], 'val.csv': [6, 7] }

describe.skipIf(missing !== '')(`commands on videos ${missing}`, () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'videos'))
    for (const [name, indices] of Object.entries(lists)) {
      for (const i of indices) writeVideo(join(folder, 'videos', `${i} a.mp4`), i % 2 === 0 ? 8 + i : 1)
      const lines = indices.map((i) => `${i} a.mp4 ${i % 2}\n`)
      writeFileSync(join(folder, 'videos', name), lines.join(''))
    }
  })

  const tune = [
    ...['finetune', '--data', 'videos', '--model', 'tiny.safetensors', '--bottleneck', '4', '--epochs', '1'],
    ...['--batch', '2', '--threads', '1', '--workers', '1', '--quiet'],
  ]

  it('tune, test, predict and explain, and leave bad videos out when told to', async () => {
    writeFileSync(join(folder, 'videos', '3 a.mp4'), 'no video')
    const stopped = await dyt(folder, ...tune, '--out', 'runs/none')
    expect(stopped.code).toBe(1)
    expect(stopped.stderr).toMatch(/3 a\.mp4: is no video, it starts with bytes 6e6f2076.*--skip-bad\.\n$/)

    const how = ['--sampling-rate', '2', '--frames', '4', '--views', '1x3', '--skip-bad', '--out', 'runs/a']
    const tuned = await dyt(folder, ...tune, ...how, '--json')
    expect([tuned.stderr, tuned.code]).toEqual(['', 0])
    const summary = JSON.parse(tuned.stdout) as RunEvaluation & { accuracy: number }
    expect(summary).toMatchObject({ images: 2, frames: 4, skipped: 1 })
    const config = JSON.parse(readFileSync(join(folder, 'runs/a/config.json'), 'utf8')) as {
      settings: object
    }
    expect(config.settings).toMatchObject({
      sampling: 'dense',
      samplingRate: 2,
      views: [1, 3],
      augment: 'short-side',
    })

    const again = await dyt(folder, 'eval', 'runs/a', '--json', '--quiet')
    const { accuracy, loss, activeRate } = JSON.parse(again.stdout) as RunEvaluation & { accuracy: number }
    expect([accuracy, loss, activeRate]).toEqual([summary.accuracy, summary.loss, summary.activeRate])
    const text = await dyt(folder, 'eval', 'runs/a', '--views', '3x1', '--quiet')
    expect(text.stdout).toMatch(/of 2 test clips/)

    const told = await dyt(folder, 'predict', 'runs/a', 'videos', '--json', '--quiet')
    expect(told.code).toBe(1) // the bad one
    expect(told.stderr).toMatch(/^dyt: video: videos\/3 a\.mp4: is no video/)
    const { results } = JSON.parse(told.stdout) as {
      results: { image: string; predictions?: { probability: number }[] }[]
    }
    expect(results.map(({ image }) => image)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `videos/${i} a.mp4`),
    )
    for (const { predictions = [] } of results.filter((_, i) => i !== 3))
      expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5)

    const shown = await dyt(folder, 'explain', 'runs/a', 'videos/6 a.mp4', '--out', 'seen', '--quiet')
    expect([shown.stderr, shown.code]).toEqual(['', 0])
    expect(readdirSync(join(folder, 'seen'))).toEqual(['01-6-a.png', '01-6-a.webp'])
  })

  it('say what to install where ffmpeg is missing', async () => {
    const before = process.env.FFPROBE
    process.env.FFPROBE = '/no/ffprobe'
    const ended = await dyt(folder, ...tune, '--skip-bad', '--out', 'runs/b')
    if (before === undefined) delete process.env.FFPROBE
    else process.env.FFPROBE = before
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/there is no program \/no\/ffprobe, which decodes videos\. Install ffmpeg/)
  })
})
