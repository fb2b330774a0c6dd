import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { openDataset } from '../../dataset.ts'
import type { Pixels } from '../pixels.ts'
import { drawClip, drawnFrames } from './draw-clip.ts'
import { drawScene } from './motion.ts'
import { direction, motion } from './motions.ts'

const scenesOf = (task: typeof motion, name: string) =>
  Array.from({ length: 200 }, (_, i) =>
    drawScene(task.motions[task.classes.indexOf(name)] ?? {}, random(7, i)),
  )

describe('the classes of builtin:motion', () => {
  it.each([...motion.classes])('%s: the middle of the clip tells nothing', (name) => {
    // The same random numbers give the same scene in the middle of the clip, whatever the class.
    const middles = scenesOf(motion, name).map((scene) => scene(0.5))
    expect(middles).toEqual(scenesOf(motion, 'still').map((scene) => scene(0.5)))
  })

  it('move what their names say, as often forwards as backwards', () => {
    const change = (name: string) =>
      scenesOf(motion, name).map((scene) => {
        const [[a], [b]] = [scene(0), scene(1)]
        return { x: b.x - a.x, y: b.y - a.y, grows: b.radius / a.radius, turns: b.angle - a.angle }
      })
    for (const { x, y, grows, turns } of change('still')) expect([x, y, grows, turns]).toEqual([0, 0, 1, 0])
    for (const { x, y } of change('across')) expect([Math.abs(x) > 0.55, y]).toEqual([true, 0])
    for (const { x, y } of change('up and down')) expect([x, Math.abs(y) > 0.55]).toEqual([0, true])
    for (const { x, y } of change('falling')) expect(x).toBeCloseTo(y, 10)
    for (const { x, y } of change('rising')) expect(x).toBeCloseTo(-y, 10)
    for (const { grows } of change('resizing')) expect(Math.max(grows, 1 / grows)).toBeGreaterThan(2.5)
    for (const { turns } of change('turning')) expect(Math.abs(turns)).toBeGreaterThan(1.9)
    const forwards = change('across').filter(({ x }) => x > 0).length
    expect(Math.abs(forwards - 100)).toBeLessThan(30)
    for (const scene of scenesOf(motion, 'meeting')) {
      const distance = ([a, b]: ReturnType<typeof scene>) => Math.hypot(a.x - b.x, a.y - b.y)
      expect(distance(scene(1)) / distance(scene(0))).toBeCloseTo(0.25, 10)
    }
  })

  it('stay on the canvas', () => {
    for (const name of motion.classes)
      for (const scene of scenesOf(motion, name))
        for (const moment of [0, 0.5, 1])
          for (const { x, y } of scene(moment)) expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThan(0.04)
  })
})

describe('the classes of builtin:direction', () => {
  it('are pairs that are each other played backwards', () => {
    const names = direction.classes
    for (let i = 0; i < names.length; i += 2) {
      const [one, other] = [
        scenesOf(direction, names[i] as string),
        scenesOf(direction, names[i + 1] as string),
      ]
      one.forEach((scene, s) => {
        const [a, b] = [scene(0.25), (other[s] as typeof scene)(0.75)]
        for (const key of ['x', 'y', 'radius', 'angle'] as const) expect(a[0][key]).toBeCloseTo(b[0][key], 10)
      })
    }
  })
})

describe('drawClip', () => {
  it('depends on its arguments only, frame by frame', () => {
    const [a, b] = drawClip('motion', 5, 3, [0, 20]) as [Pixels, Pixels]
    expect(drawClip('motion', 5, 3, [20])[0]).toEqual(b)
    expect(a).not.toEqual(b)
    expect([a.width, a.height, a.data.length]).toEqual([64, 64, 64 * 64 * 3])
    expect(drawClip('motion', 6, 3, [0])[0]).not.toEqual(a)
    const still = drawClip('motion', 5, 0, [0, 9, drawnFrames - 1])
    expect(still[1]).toEqual(still[0])
    expect(still[2]).toEqual(still[0])
    expect(() => drawClip('count', 5, 3, [0])).toThrow(/builtin:count has images, expected a task of clips/)
  })

  it('is a dataset of clips', async () => {
    const { kind, classes, train, test } = await openDataset('builtin:motion', { trainSize: 9, testSize: 8 })
    expect([kind, classes]).toEqual(['clips', motion.classes])
    expect(train.map(({ truth }) => truth)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0])
    expect(test[0]?.source).toMatchObject({ kind: 'drawn', task: 'motion' })
    expect((await openDataset('builtin:nature', { trainSize: 9 })).kind).toBeUndefined()
    await expect(openDataset('builtin:dance')).rejects.toThrow(
      /builtin:nature, builtin:motion, builtin:direction/,
    )
  })
})
