import { describe, expect, it } from 'vitest'
import type { Outputs } from '../../evaluation/tally.ts'
import { labelAnswers } from './answer.ts'
import { labelPictures } from './picture.ts'

const classes = ['cat', 'dog', 'owl']
const outputs: Outputs = {
  logits: { dtype: 'float32', shape: [2, 3], data: Float32Array.of(0, 0, 0, 1001, 1002, 1000) },
}

describe('answers of classification', () => {
  it('name the most probable classes with their softmax', () => {
    const { predictions } = labelAnswers.of(outputs, 1, { classes, top: 2 })
    const sum = Math.exp(1) + Math.exp(2) + 1
    expect(predictions).toEqual([
      { class: 'dog', probability: expect.closeTo(Math.exp(2) / sum, 12) },
      { class: 'cat', probability: expect.closeTo(Math.exp(1) / sum, 12) },
    ])
    expect(labelAnswers.text({ predictions })).toEqual(['dog 66.5 %', 'cat 24.5 %'])
  })

  it('are captioned right and wrong', () => {
    const answer = labelAnswers.of(outputs, 1, { classes, top: 1 })
    const probability = answer.predictions[0]?.probability
    expect(labelPictures.portrait(answer, 1, classes)).toEqual({
      caption: 'dog (67 %): right',
      fields: { label: 'dog', predicted: 'dog', probability },
      right: true,
      group: 'dog',
      slug: 'dog',
    })
    expect(labelPictures.portrait(answer, 0, classes)).toMatchObject({
      caption: 'dog (67 %): wrong, it is cat',
      right: false,
    })
    expect(labelPictures.portrait(answer, undefined, classes)).toEqual({
      caption: 'dog (67 %)',
      fields: { predicted: 'dog', probability },
      right: false,
      group: '',
    })
  })
})
