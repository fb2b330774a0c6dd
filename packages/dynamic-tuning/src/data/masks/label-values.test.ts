import { expect, it } from 'vitest'
import { ignoredLabel } from '../label-map.ts'
import { cocoStuffClasses, reducedClasses } from './label-values.ts'

it('masks with 0 for "other" count from 1', () => {
  expect([...reducedClasses(2)].sort(([a], [b]) => a - b)).toEqual([
    [0, ignoredLabel],
    [1, 0],
    [2, 1],
    [255, ignoredLabel],
  ])
  expect(reducedClasses(150).get(150)).toBe(149)
  expect(reducedClasses(150).has(151)).toBe(false)
})

it('raw masks of COCO-Stuff skip things that no picture has', () => {
  const classes = cocoStuffClasses()
  expect(classes.size).toBe(172)
  // person, stop sign, parking meter, toothbrush, banner, wood, unlabelled
  const known = new Map([
    ...([
      [0, 0],
      [12, 11],
      [13, 12],
      [89, 79],
      [91, 80],
      [181, 170],
    ] as const),
    [255, ignoredLabel],
  ])
  for (const [raw, label] of known) expect(classes.get(raw)).toBe(label)
  for (const unused of [11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90, 182, 254])
    expect(classes.has(unused)).toBe(false)
  const labels = [...classes.values()].filter((label) => label !== ignoredLabel)
  expect(labels).toEqual([...Array(171).keys()])
})
