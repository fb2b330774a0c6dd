import { describe, expect, it } from 'vitest'
import { captionOf } from '../../evaluation/picture.ts'
import type { Outputs } from '../../network/outputs.ts'
import { multilabelAnswers } from './answer.ts'
import { multilabelPictures } from './picture.ts'

const context = { classes: ['cat', 'dog', 'owl'], settings: {} }
const outputs: Outputs = {
  logits: { dtype: 'float32', shape: [3, 3], data: Float32Array.of(0, 0, 0, 1, -1, 2, -1, -2, -3) },
}
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

describe('answers of several labels', () => {
  const answer = multilabelAnswers.of(outputs, 1, context)

  it('name every label above the threshold, the most probable first', () => {
    expect(answer.predictions).toEqual([
      { class: 'owl', probability: expect.closeTo(sigmoid(2), 12) },
      { class: 'cat', probability: expect.closeTo(sigmoid(1), 12) },
    ])
    expect(multilabelAnswers.text(answer)).toEqual(['owl 88.1 %', 'cat 73.1 %'])
    expect(multilabelAnswers.gist(answer)).toBe('cat\nowl')
    const named = (labelThreshold: number, top?: number) =>
      multilabelAnswers
        .of(outputs, 1, { ...context, settings: { labelThreshold } }, { top })
        .predictions?.map((each) => each.class)
    expect(named(0.8)).toEqual(['owl'])
    expect(named(0.2)).toEqual(['owl', 'cat', 'dog'])
    expect(named(0.2, 2)).toEqual(['owl', 'cat'])
    expect(multilabelAnswers.of(outputs, 0, context).predictions).toHaveLength(3)
  })

  it('may name none', () => {
    const none = multilabelAnswers.of(outputs, 2, context)
    expect(none).toEqual({ predictions: [] })
    expect(multilabelAnswers.text(none)).toEqual(['no label'])
    expect(multilabelAnswers.gist(none)).toBe('')
  })

  it('are shown with what is found, missed and wrong', () => {
    const { fields, ...rest } = multilabelPictures.portrait(answer, [0, 1], context)
    expect(rest).toEqual({ right: false, group: 'cat, dog', slug: 'cat-dog' })
    expect(fields).toEqual({
      labels: ['cat', 'dog'],
      predicted: ['owl', 'cat'],
      probabilities: answer.predictions?.map(({ probability }) => probability),
      ...{ found: ['cat'], missed: ['dog'], wrong: ['owl'] },
    })
    expect(captionOf(multilabelPictures.words(fields))).toBe('owl, cat: missed dog; wrong owl')
    const right = multilabelPictures.portrait(answer, [0, 2], context)
    expect(right).toMatchObject({ right: true, group: 'cat, owl' })
    expect(captionOf(multilabelPictures.words(right.fields))).toBe('owl, cat: right')
    const more = multilabelPictures.portrait(answer, [2], context)
    expect(more).toMatchObject({ right: false, fields: { missed: [], wrong: ['cat'] } })
    expect(captionOf(multilabelPictures.words(more.fields))).toBe('owl, cat: wrong cat')
    const none = multilabelPictures.portrait({ predictions: [] }, [1], context)
    expect(captionOf(multilabelPictures.words(none.fields))).toBe('no label: missed dog')
  })

  it('are shown alone where the truth is not known', () => {
    const { fields, ...rest } = multilabelPictures.portrait(answer, undefined, context)
    expect(rest).toEqual({ right: false, group: '' })
    expect(Object.keys(fields)).toEqual(['predicted', 'probabilities'])
    expect(captionOf(multilabelPictures.words(fields))).toBe('owl, cat')
  })
})
