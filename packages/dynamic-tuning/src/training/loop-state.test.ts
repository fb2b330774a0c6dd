import { expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { readLoopState, writeLoopState } from './loop-state.ts'

const step = { size: 49, loss: 0.5, scores: { topOne: 1 / 49 }, seconds: 2, waitSeconds: 1 }

it('continues a checkpoint of version 0.1, whose only measure had no name', () => {
  const tally = { images: 49, loss: 49, correct: 3, seconds: 1 }
  const { tally: read, last } = readLoopState({ tally, total: 9, last: null }, 'here')
  expect(last).toBeUndefined()
  read.add(step)
  expect(read.take()).toEqual({ trainLoss: 0.75, trainTopOne: 4 / 98, seconds: 3, waitSeconds: 1 })
})

it('comes back as it was', () => {
  const { tally } = readLoopState({ tally: { images: 0, loss: 0, seconds: 0 }, last: null }, 'here')
  for (let i = 0; i < 3; i++) tally.add(step)
  const last = { kind: 'epoch', epoch: 0, step: 3, trainLoss: 1, seconds: 1, waitSeconds: 0 } as const
  const more = { ...last, validationTopOne: 0.5, activeRatePerLayer: [1, 0.5], validationLoss: null }
  const json = JSON.parse(JSON.stringify(writeLoopState({ tally, last: more }, 9)))
  expect(json.tally.scores).toEqual({ topOne: 3 })
  const read = readLoopState(json, 'here')
  expect(read.last).toEqual(more)
  expect(read.tally.take()).toEqual(tally.take())
})

it('is refused if it is damaged', () => {
  expect(() => readLoopState({ tally: { images: '3' } }, 'here')).toThrow(CheckpointError)
  expect(() => readLoopState(null, 'here')).toThrow(/the state in here is damaged/)
})
