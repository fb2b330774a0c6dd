import { describe, expect, it } from 'vitest'
import { captionOf } from '../../evaluation/picture.ts'
import type { Outputs } from '../../network/outputs.ts'
import { classAnswers } from './answer.ts'
import { classPictures } from './picture.ts'

const context = { classes: ['cat', 'dog', 'owl'], settings: {} }
const outputs: Outputs = {
  logits: { dtype: 'float32', shape: [2, 3], data: Float32Array.of(0, 0, 0, 1001, 1002, 1000) },
}

describe('answers of classification', () => {
  it('name the most probable classes with their softmax', () => {
    const { predictions } = classAnswers.of(outputs, 1, context, { top: 2 })
    const sum = Math.exp(1) + Math.exp(2) + 1
    expect(predictions).toEqual([
      { class: 'dog', probability: expect.closeTo(Math.exp(2) / sum, 12) },
      { class: 'cat', probability: expect.closeTo(Math.exp(1) / sum, 12) },
    ])
    expect(classAnswers.gist({ predictions })).toBe('dog')
    expect(classAnswers.text({ predictions })).toEqual(['dog 66.5 %', 'cat 24.5 %'])
  })

  it('are shown as right or wrong where the class is known', () => {
    const answer = classAnswers.of(outputs, 1, context, { top: 1 })
    const probability = answer.predictions?.[0]?.probability
    const right = classPictures.portrait(answer, 1, context)
    expect(right).toEqual({
      fields: { label: 'dog', predicted: 'dog', probability },
      right: true,
      group: 'dog',
      slug: 'dog',
    })
    expect(captionOf(classPictures.words(right.fields))).toBe('dog (67 %): right')
    const wrong = classPictures.portrait(answer, 0, context)
    expect(wrong).toMatchObject({ right: false, group: 'cat' })
    expect(captionOf(classPictures.words(wrong.fields))).toBe('dog (67 %): wrong, it is cat')
    const unknown = classPictures.portrait(answer, undefined, context)
    expect(unknown).toEqual({ fields: { predicted: 'dog', probability }, right: false, group: '' })
    expect(captionOf(classPictures.words(unknown.fields))).toBe('dog (67 %)')
  })
})
