import { describe, expect, it } from 'vitest'
import { sampleExamples } from './draw-examples.ts'

describe('sampleExamples', () => {
  it('meets all classes where they take turns, keeps the order, repeats nothing', () => {
    const labels = Array.from({ length: 1000 }, (_, i) => ({ i, label: i % 8 }))
    const sample = sampleExamples(labels, 250, 0, 'validation')
    expect(sample).toHaveLength(250)
    expect(new Set(sample.map(({ label }) => label)).size).toBe(8)
    const places = sample.map(({ i }) => i)
    expect(new Set(places).size).toBe(250)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('gives the same examples for the same seed, others for another, and all where few are there', () => {
    const numbers = Array.from({ length: 50 }, (_, i) => i)
    expect(sampleExamples(numbers, 9, 3, 'a')).toEqual(sampleExamples(numbers, 9, 3, 'a'))
    expect(sampleExamples(numbers, 9, 3, 'a')).not.toEqual(sampleExamples(numbers, 9, 4, 'a'))
    expect(sampleExamples(numbers, 99, 3, 'a')).toEqual(numbers)
  })
})
