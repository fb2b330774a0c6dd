import { describe, expect, it } from 'vitest'
import { renderSection } from '../report/section.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { classSections } from './class-results.ts'

const classes = ['cat', 'dog', 'owl']
const score = (name: string, images: number, value: number) => ({
  class: name,
  images,
  measures: { accuracy: value },
})
const perClass = [score('cat', 10, 0.8), score('dog', 4, 0.25), score('owl', 0, Number.NaN)]
const confusion = [
  [8, 2, 0],
  [2, 1, 1],
  [0, 0, 0],
]

describe('sections of classes', () => {
  const sections = classSections({ classMeasures: [accuracy] }, { perClass, confusion }, classes)

  it('show the worst class first, and those without a figure last', () => {
    expect(sections[0]).toEqual({
      heading: 'Classes',
      about: 'The worst first. – where a class occurs nowhere.',
      table: {
        columns: ['class', 'images', 'Accuracy'],
        rows: [
          ['dog', '4', '25.0 %'],
          ['cat', '10', '80.0 %'],
          ['owl', '0', '–'],
        ].map((cells) => ({ cells })),
      },
    })
  })

  it('show what classes are taken for, the largest share first', () => {
    expect(sections[1]?.table?.rows.map(({ cells }) => cells)).toEqual([
      ['dog', 'cat', '50.0 %'],
      ['dog', 'owl', '25.0 %'],
      ['cat', 'dog', '20.0 %'],
    ])
    expect(renderSection(sections[1] ?? { heading: '' }).join('')).toContain('<th scope="col">taken for</th>')
  })

  it('show no confusions where there are none, or none are counted', () => {
    for (const none of [
      undefined,
      [
        [3, 0],
        [0, 1],
      ],
    ])
      expect(
        classSections({ classMeasures: [accuracy] }, { perClass, confusion: none }, classes),
      ).toHaveLength(1)
  })

  it('read figures that cannot be said as stored in JSON', () => {
    const stored = JSON.parse(JSON.stringify({ perClass, confusion }))
    expect(classSections({ classMeasures: [accuracy] }, stored, classes)).toEqual(sections)
  })
})
