import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { compareShapes } from './compare-shapes.ts'

const tensors = new Map(
  Object.entries({ a: [2, 3], b: [4], 'head.weight': [5, 3], extra: [] as number[] }).map(([k, shape]) => [
    k,
    { shape },
  ]),
)

describe('compareShapes', () => {
  it('is silent where all fits, or what does not is ignored', () => {
    const same = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
    expect(() => compareShapes(tensors, same)).not.toThrow()
    same.set('head.weight', [9, 3]).set('head.bias', [9]).delete('extra')
    expect(() => compareShapes(tensors, same, { ignore: [/^head\./, /^extra$/] })).not.toThrow()
    expect(() => compareShapes(tensors, same, { ignore: [/^head\./] })).toThrow(/unexpected extra \[\]/)
  })

  it('lists everything that does not fit in one error', () => {
    const expected = new Map([
      ['a', [2, 4]],
      ['b', [4]],
      ['c.weight', [7, 7]],
      ['head.weight', [5, 3]],
    ])
    let error: unknown
    try {
      compareShapes(tensors, expected, { source: 'w.safetensors' })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(CheckpointError)
    expect((error as Error).message).toBe(
      'w.safetensors: 3 tensors do not fit the model: misshaped a [2, 3], expected [2, 4]; missing c.weight [7, 7]; unexpected extra []. Choose the model these weights belong to.',
    )
  })
})
