import { describe, expect, it } from 'vitest'
import { drawExamples } from './draw-examples.ts'

describe('drawExamples', () => {
  it('meets all classes where they take turns, keeps the order, repeats nothing', () => {
    const labels = Array.from({ length: 1000 }, (_, i) => ({ i, label: i % 8 }))
    const sample = drawExamples(labels, 250, 0, 'validation')
    expect(sample).toHaveLength(250)
    expect(new Set(sample.map(({ label }) => label)).size).toBe(8)
    const places = sample.map(({ i }) => i)
    expect(new Set(places).size).toBe(250)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('gives the same examples for the same seed, others for another, and all where few are there', () => {
    const numbers = Array.from({ length: 50 }, (_, i) => i)
    expect(drawExamples(numbers, 9, 3, 'a')).toEqual(drawExamples(numbers, 9, 3, 'a'))
    expect(drawExamples(numbers, 9, 3, 'a')).not.toEqual(drawExamples(numbers, 9, 4, 'a'))
    expect(drawExamples(numbers, 99, 3, 'a')).toEqual(numbers)
  })
})
