import { expect, it } from 'vitest'
import { piecesOf } from './means-pass.ts'

const sizes = (...args: Parameters<typeof piecesOf>): number[] => piecesOf(...args).map(({ size }) => size)

it('cuts a batch into pieces, the last of which may be smaller', () => {
  expect(sizes(6, 2)).toEqual([2, 2, 2])
  expect(piecesOf(7, 3)).toEqual([
    { first: 0, size: 3 },
    { first: 3, size: 3 },
    { first: 6, size: 1 },
  ])
  expect(sizes(3, 8)).toEqual([3])
})

it('joins a last piece that is too small to the one before', () => {
  expect(piecesOf(7, 3, 2)).toEqual([
    { first: 0, size: 3 },
    { first: 3, size: 4 },
  ])
  expect(sizes(8, 3, 2)).toEqual([3, 3, 2])
  expect(sizes(5, 2, 2)).toEqual([2, 3])
  expect(sizes(1, 4, 2)).toEqual([1])
  expect(sizes(3, 1, 2)).toEqual([1, 1, 1])
})
