import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dyt-data-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (files: Readonly<Record<string, Uint8Array | string>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}
const image = (width = 4, height = 2): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#369' } })
    .png()
    .toBuffer()
/** An 8-bit grey PNG of 4 x 2 pixels with these values. */
const mask = (...values: readonly number[]): Promise<Buffer> =>
  sharp(
    Uint8Array.from({ length: 8 }, (_, i) => values[i % values.length] ?? 0),
    {
      raw: { width: 4, height: 2, channels: 1 },
    },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer()

describe('dyt data', () => {
  it('counts images and pixels of classes, and names what training would stumble over', async () => {
    const good = { a: await mask(0, 1), b: await mask(0, 0, 0, 255), c: await mask(255) }
    for (const [name, bytes] of Object.entries({
      ...good,
      d: await mask(0, 9),
      e: await mask(1),
      g: await mask(1),
    }))
      write({ [`images/train/${name}.png`]: await image(), [`masks/train/${name}.png`]: bytes })
    write({
      'images/train/e.png': await image(4, 3),
      'images/train/f.png': await image(),
      'images/train/g.png': (await image()).subarray(0, 50),
      'masks/train/z.png': await mask(0),
      'images/val/v.png': await image(),
      'masks/val/v.png': await mask(1),
      'classes.json': '["road", "tree", "car"]',
    })
    const { code, stdout } = await dytHere(folder, 'data', '.', '--json')
    expect(code).toBe(1)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ layout: 'images with masks', truth: 'map', ok: false })
    expect(found.parts).toEqual([
      { name: 'train', examples: 6, usable: 3, classes: [2, 1, 0], pixels: [10, 4, 0], ignored: 10 },
      { name: 'test', examples: 1, usable: 1, classes: [0, 1, 0], pixels: [0, 8, 0], ignored: 0 },
    ])
    expect(found.errors).toEqual([
      'images/train/f.png is missing, or has no mask.',
      expect.stringMatching(/masks\/train\/d\.png: value 9 at row 0, column 1 is none of the 3 classes/),
      expect.stringMatching(/masks\/train\/e\.png has 4 x 2 pixels, its image .*e\.png 4 x 3/),
      expect.stringMatching(/cannot read image .*train\/g\.png/),
    ])
    expect(found.warnings).toEqual([
      'not in any training example: car',
      'masks in which every pixel is ignored: 1',
      'masks/train/z.png is the mask of no image.',
    ])
    const skipping = await dytHere(folder, 'data', '.', '--skip-bad')
    expect(skipping.code).toBe(0)
    expect(skipping.stdout).toMatch(/^car +– +– +– +–$/m)
    expect(skipping.stdout).toMatch(/^road +2 +71\.4 % +– +–$/m)
    expect(skipping.stdout).toContain('Nothing stands in the way of training.')
  })

  it('says that masks of 0 and 255 are mapped, and refuses data for another task', async () => {
    for (const [name, bytes] of Object.entries({ a: await mask(0, 255), b: await mask(255) }))
      write({ [`images/${name}.png`]: await image(), [`masks/${name}.png`]: bytes })
    const { code, stdout } = await dytHere(folder, 'data', '.')
    expect([code, stdout]).toEqual([0, expect.stringContaining('0 is taken for class 0, 255 for class 1.')])
    const other = await dytHere(folder, 'data', '.', '--task', 'classification')
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('has masks for its images')])
  })

  it('looks at class folders and label sets too', async () => {
    for (const name of ['cat/1', 'cat/2', 'dog/1', 'dog/2', 'dog/3'])
      write({ [`photos/${name}.png`]: await image() })
    const photos = await dytHere(folder, 'data', 'photos', '--json')
    expect([photos.code, JSON.parse(photos.stdout)]).toMatchObject([
      0,
      { layout: 'class folders', truth: 'class', parts: [{ classes: [1, 2] }, { classes: [1, 1] }] },
    ])
    write({ 'photos/dog/3.png': 'text' })
    const broken = await dytHere(folder, 'data', 'photos')
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringMatching(/3\.png is not an image/)])
    const drawn = await dytHere(
      folder,
      'data',
      'builtin:gathering',
      '--train-size',
      '8',
      '--test-size',
      '2',
      '--json',
    )
    expect(JSON.parse(drawn.stdout)).toMatchObject({ layout: 'drawn', truth: 'labels', ok: true })
  })

  it('shows examples with their masks in colours, as a sheet and as a page', async () => {
    for (const [name, bytes] of Object.entries({ a: await mask(0, 1), b: await mask(0, 0, 255) }))
      write({ [`images/${name}.png`]: await image(), [`masks/${name}.png`]: bytes })
    write({ 'classes.json': '{ "classes": ["road", "tree"], "palette": [[255, 0, 0], [0, 255, 0]] }' })
    const { code, stdout } = await dytHere(folder, 'data', '.', '--out', 'look', '--json')
    const { sheet, page } = JSON.parse(stdout)
    expect([code, sheet, page]).toEqual([0, join('look', 'contact-sheet.png'), join('look', 'data.html')])
    const { data, info } = await sharp(join(folder, sheet)).raw().toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]
    // The picture is #369; 160 x 80 pixels, and beside it 70 % of the colour of the class.
    expect(at(15, 20)).toEqual([0x33, 0x66, 0x99])
    expect(at(10 + 160 + 20, 20)).toEqual([194, 31, 46])
    const html = readFileSync(join(folder, page), 'utf8')
    expect(html).toContain('<span class="square" style="background:rgb(0,255,0)"></span>tree</th>')
    expect(html.match(/<figcaption>/g)?.length).toBe(1)
  })
})
