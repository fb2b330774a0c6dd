import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawImage } from '../data/sources/drawn/draw-image.ts'
import { ConfigError, DataError } from '../errors.ts'
import { valueIn } from '../evaluation/measure.ts'
import { formatCount, formatPercent } from '../report/quantity.ts'
import { encodePng } from '../report/token-strip.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { type ExplainedImage, tellingImages } from './explain/explain-images.ts'
import { explainRun } from './explain/explain-run.ts'
import type { RunSummary } from './summary.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let summary: RunSummary
beforeAll(async () => {
  summary = (await tinyRun(folder, 'dyt')).summary as RunSummary
  await tinyRun(folder, 'linear', { method: 'linear', bottleneck: undefined, split: 'search' })
})

describe('report.html of a run', () => {
  const page = () => readFileSync(join(folder, 'dyt', 'report.html'), 'utf8')

  it('shows the figures of the run', () => {
    for (const text of [
      `>${formatPercent(valueIn(summary, accuracy))}<`,
      'of 24 test images, 95 % interval ',
      `>${formatPercent(summary.activeRate)}<`,
      'target 50 %',
      `>${formatCount(summary.trainableParams)}<`,
      `>${formatCount(summary.flops)}<`,
      `${(summary.flops / summary.staticFlops).toFixed(2)} times the static model`,
    ])
      expect(page()).toContain(text)
    for (const rate of summary.activeRatePerLayer)
      expect(page()).toContain(`>${Math.round(100 * rate)}</text>`)
  })

  it('has pictures of right and wrong images with their classes, in layers of their own', () => {
    const captions = [...page().matchAll(/<figcaption>([^<]*)<\/figcaption>/g)].map(
      ([, text]) => text as string,
    )
    expect(captions).toHaveLength(9)
    const wrong = captions.filter((text) => text.includes('wrong, it is'))
    expect(wrong.length).toBeGreaterThanOrEqual(3)
    for (const text of captions) expect(text).toMatch(/^\w+ \(\d+ %\): (right|wrong, it is \w+)$/)
    expect([...page().matchAll(/data:image\/png;base64,/g)]).toHaveLength(9)
  })

  it('says which images are held out, and that they are few', () => {
    expect(page()).toContain('cross-entropy, test images')
    expect(page()).toContain('Only 24 test images: the 95 % interval of the accuracy is ')
    const search = readFileSync(join(folder, 'linear', 'report.html'), 'utf8')
    expect(search).toContain('cross-entropy, validation images')
  })

  it('stands alone', () => {
    expect(page()).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  })

  it('leaves out what a method without dispatch has not', () => {
    const text = readFileSync(join(folder, 'linear', 'report.html'), 'utf8')
    expect(text).toContain('no token is skipped')
    expect(text).not.toContain('Active tokens per layer')
    expect(text).not.toContain('<figcaption>')
  })
})

describe('explainRun', () => {
  const tile = 208

  it('writes strips whose pixels show the mask: skipped tokens grey, active ones as they are', async () => {
    const run = openRun(join(folder, 'dyt'))
    const file = join(folder, 'scene.png')
    const image = drawImage('nature', 5, 1, tile)
    writeFileSync(file, await encodePng(image))
    const { pictures, images } = await explainRun(run, {
      images: [file],
      layers: [1],
      out: join(folder, 'out'),
    })
    expect([images, pictures.length]).toEqual([1, 1])
    const { data, info } = await sharp(pictures[0]?.file).raw().toBuffer({ resolveWithObject: true })
    // Image, one layer and the heat picture, 10 pixels apart, over a line of captions.
    expect([info.width, info.height, info.channels]).toEqual([3 * tile + 20, tile + 30, 4])
    const at = (x: number, y: number): number[] => [...data.subarray(4 * (y * info.width + x)).subarray(0, 3)]
    let active = 0
    for (let token = 0; token < 16; token++) {
      const [x, y] = [(token % 4) * 52 + 26, Math.floor(token / 4) * 52 + 26]
      const original = [...image.data.subarray(3 * (y * tile + x)).subarray(0, 3)]
      expect(at(x, y)).toEqual(original)
      const shown = at(tile + 10 + x, y)
      const grey = Math.round(
        26 +
          0.3 *
            (0.299 * (original[0] as number) +
              0.587 * (original[1] as number) +
              0.114 * (original[2] as number)),
      )
      if (shown.join() === original.join()) active++
      else expect(shown).toEqual([grey, grey, grey])
    }
    expect(active / 16).toBeCloseTo(pictures[0]?.activeRatePerLayer[1] as number)
  })

  it('looks at test images where none are given, always the same', async () => {
    const run = openRun(join(folder, 'dyt'))
    const first = await explainRun(run, { pictures: 3 })
    expect(first.images).toBe(24)
    expect(first.activeRatePerLayer).toEqual(summary.activeRatePerLayer)
    expect(readdirSync(join(folder, 'dyt', 'explain'))).toHaveLength(3)
    expect(await explainRun(run, { pictures: 3 })).toEqual(first)
  })

  it('reports an image that cannot be read and goes on; fails where none can be', async () => {
    const run = openRun(join(folder, 'dyt'))
    const good = join(folder, 'good.png')
    writeFileSync(good, await encodePng(drawImage('nature', 5, 2, 64)))
    writeFileSync(join(folder, 'bad.png'), 'no image')
    const images = [join(folder, 'bad.png'), good]
    const { errors, pictures } = await explainRun(run, { images, out: join(folder, 'out2') })
    expect(errors.map(({ image }) => image)).toEqual([images[0]])
    expect(pictures.map(({ image }) => image)).toEqual([good])
    await expect(explainRun(run, { images: images.slice(0, 1) })).rejects.toThrow(DataError)
  })

  it('refuses methods without dispatch and layers that do not exist', async () => {
    await expect(explainRun(openRun(join(folder, 'linear')))).rejects.toThrow(/linear, which skips no tokens/)
    const unknown = explainRun(openRun(join(folder, 'dyt')), { layers: [2] })
    await expect(unknown).rejects.toThrow(
      new ConfigError('explain: there is no layer 2, the model has 0 to 1. Choose among these.'),
    )
  })
})

describe('tellingImages', () => {
  const image = (label: number, predicted: number): ExplainedImage => ({
    source: { kind: 'file', path: '' },
    image: `${label}>${predicted}`,
    portrait: { fields: {}, right: label === predicted, group: `${label}` },
    views: [],
    masks: undefined,
  })
  const names = (images: readonly ExplainedImage[], count: number): string[] =>
    tellingImages(images, count).map((each) => each.image)

  it('takes classes in turn, a third wrong ones', () => {
    const all = [image(0, 0), image(0, 0), image(1, 1), image(2, 2), image(0, 1), image(0, 2), image(1, 0)]
    expect(names(all, 6)).toEqual(['0>0', '1>1', '2>2', '0>0', '0>1', '1>0'])
  })

  it('fills up with what there is', () => {
    expect(names([image(0, 0), image(1, 0), image(2, 0)], 3)).toEqual(['0>0', '1>0', '2>0'])
    expect(names([image(0, 0), image(1, 1), image(2, 2)], 3)).toEqual(['0>0', '1>1', '2>2'])
    expect(names([], 3)).toEqual([])
  })
})
