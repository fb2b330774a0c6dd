import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { ignoredLabel } from '../../data/label-map.ts'
import { classColours } from '../../data/masks/colours.ts'
import { captionOf } from '../../evaluation/picture.ts'
import type { Outputs } from '../../network/outputs.ts'
import { pixelAnswers } from './answer.ts'
import { pixelPictures } from './picture.ts'
import { wholePlace } from './scores.ts'

const context = { classes: ['sky', 'tree', 'road'], settings: {} }
/** Logits of two windows of 2 x 2 places: the first all sky, the second sky, tree, tree, road. */
const rows = [
  [5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0],
  [9, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 9],
]
const outputs: Outputs = {
  logits: { dtype: 'float32', shape: [2, 3, 2, 2], data: Float32Array.from(rows.flat()) },
}
const place = wholePlace({ width: 4, height: 4 })
const answer = pixelAnswers.of(outputs, 1, context, { place })
const picture = { width: 4, height: 4, data: new Uint8Array(48).fill(100) }

describe('answers for pixels', () => {
  it('are the classes of all pixels at the size of the picture, the largest first', () => {
    expect([...answer.labels.data]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2])
    expect(pixelAnswers.json?.(answer)).toEqual({
      areas: [
        { class: 'tree', pixels: 8, share: 0.5 },
        { class: 'sky', pixels: 4, share: 0.25 },
        { class: 'road', pixels: 4, share: 0.25 },
      ],
    })
    expect(pixelAnswers.text(answer)).toEqual(['tree 50.0 %', 'sky 25.0 %', 'road 25.0 %'])
    expect(pixelAnswers.gist(answer)).toBe('road\nsky\ntree')
    const first = pixelAnswers.of(outputs, 0, context, { place, top: 1 })
    expect(first.areas).toEqual([{ class: 'sky', pixels: 16, share: 1 }])
    expect(pixelAnswers.of(outputs, 1, context).labels).toEqual({
      ...{ width: 2, height: 2 },
      data: Uint16Array.of(0, 1, 1, 2),
    })
  })

  it('are written as a mask of class numbers and as an overlay', async () => {
    const files = (await pixelAnswers.files?.(answer, picture, context)) ?? []
    expect(files.map(({ folder, ending }) => folder + ending)).toEqual(['masks.png', 'overlays.png'])
    const [mask, overlay] = files.map(({ bytes }) => decode(bytes))
    expect([...(mask?.data ?? [])]).toEqual([...answer.labels.data])
    expect(mask?.palette?.slice(0, 3)).toEqual(classColours(3).map((colour) => colour.map(Math.round)))
    const [red = 0] = classColours(3)[0] ?? []
    expect(overlay?.data[0]).toBe(Math.round(100 + (red - 100) * 0.7))
  })
})

describe('pictures of pixels', () => {
  const truth = { width: 4, height: 4, data: Uint16Array.from(answer.labels.data) }
  truth.data[0] = ignoredLabel
  truth.data[1] = 2

  it('say how many pixels are right, without those that are ignored', () => {
    const { fields, ...rest } = pixelPictures.portrait(answer, truth, context)
    expect(rest).toEqual({ right: true, group: 'tree', slug: 'tree' })
    // sky: 2 of 3 predicted; tree: 8 of 8; road: 4 of 5
    expect(fields).toEqual({
      predicted: ['tree', 'sky', 'road'],
      shares: [0.5, 0.25, 0.25],
      pixelAccuracy: 14 / 15,
      meanIou: expect.closeTo((2 / 3 + 1 + 4 / 5) / 3, 12),
    })
    expect(captionOf(pixelPictures.words(fields))).toBe(
      'tree 50 %, sky 25 %, road 25 %: 93 % of the pixels right, mIoU 82 %',
    )
    truth.data[2] = 0
    expect(pixelPictures.portrait(answer, truth, context).right).toBe(false)
  })

  it('are shown alone where nothing is labelled or no truth is known', () => {
    const blank = { ...truth, data: new Uint16Array(16).fill(ignoredLabel) }
    for (const known of [blank, undefined]) {
      const { fields, right } = pixelPictures.portrait(answer, known, context)
      expect([right, Object.keys(fields)]).toEqual([false, ['predicted', 'shares']])
      expect(captionOf(pixelPictures.words(fields))).toBe('tree 50 %, sky 25 %, road 25 %')
    }
  })

  it('come with the prediction and the mask in colours', () => {
    const views = pixelPictures.views?.(answer, truth, context) ?? []
    expect(views.map(({ caption }) => caption)).toEqual(['predicted', 'mask'])
    const [predicted, mask] = views.map(({ draw }) => draw(picture).data)
    const reds = classColours(3).map(([red]) => Math.round(100 + (red - 100) * 0.7))
    expect([predicted?.[0], predicted?.[6], mask?.[0], mask?.[3]]).toEqual([reds[0], reds[1], 30, reds[2]])
    expect(pixelPictures.views?.(answer, undefined, context)).toHaveLength(1)
  })
})
