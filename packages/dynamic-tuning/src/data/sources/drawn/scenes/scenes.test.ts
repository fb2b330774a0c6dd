import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../../errors.ts'
import { openDataset } from '../../../dataset.ts'
import { ignoredLabel } from '../../../label-map.ts'
import { readMask } from '../../../masks/read-mask.ts'
import { mapTruth } from '../../../truths/map.ts'
import { createCanvas, toPixels } from '../canvas.ts'
import { drawImage, drawLabelMap } from '../draw-image.ts'
import { shapes } from '../shapes.ts'
import { sceneClasses, sceneLabels } from './labels.ts'
import { emptyLabels, fillLand, ignoreEdges, type Scene, stamp } from './scene.ts'
import { scenes } from './scenes.ts'

const sceneOf = (size: number): Scene => ({ canvas: createCanvas(size), labels: emptyLabels(size) })
const white = (_x: number, _y: number, out: Float32Array): void => {
  out.fill(255)
}
/** Where a white drawing on black is at least half white. */
const bright = ({ canvas }: Scene): number[] =>
  Array.from(canvas.data).flatMap((value, i) => (i % 3 === 0 ? [value >= 127.5 ? 3 : 0] : []))

describe('drawing with labels', () => {
  it('labels the pixels that a shape covers by half', () => {
    for (const [name, shape] of Object.entries(shapes)) {
      const scene = sceneOf(41)
      stamp(scene, 3, shape, { x: 0.4, y: 0.55, radius: 0.3, angle: 0.3 }, white)
      expect([...scene.labels.data], name).toEqual(bright(scene))
      expect(scene.labels.data).toContain(3)
    }
  })

  it('labels the land below a skyline', () => {
    const scene = sceneOf(20)
    fillLand(
      scene,
      3,
      (x) => 0.3 + 0.4 * x,
      (x, y, _depth, out) => white(x, y, out),
    )
    expect([...scene.labels.data]).toEqual(bright(scene))
  })

  it('ignores pixels before an edge, and no others', () => {
    const labels = { width: 4, height: 3, data: Uint16Array.of(0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2) }
    ignoreEdges(labels)
    const none = ignoredLabel
    expect([...labels.data]).toEqual([0, none, 1, 1, none, none, none, none, 2, 2, 2, 2])
  })
})

describe('builtin:scenes', () => {
  it('has every class, the sun rarely, and few ignored pixels', () => {
    const counts = new Map<number, number>()
    for (let index = 0; index < 40; index++)
      for (const label of drawLabelMap('scenes', 5, index, 48).data)
        counts.set(label, (counts.get(label) ?? 0) + 1)
    const share = (label: number): number => (counts.get(label) ?? 0) / (40 * 48 * 48)
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([...sceneClasses.keys(), ignoredLabel])
    for (const label of sceneClasses.keys()) expect(share(label), sceneClasses[label]).toBeGreaterThan(0.001)
    for (const label of Object.values(sceneLabels).slice(0, -1))
      expect(share(label)).toBeGreaterThan(share(sceneLabels.sun))
    expect(share(ignoredLabel)).toBeLessThan(0.15)
  })

  it('labels the picture that is drawn, at every size', async () => {
    const canvas = createCanvas(56)
    const labels = emptyLabels(56)
    scenes.draw(canvas, labels, random(7, 'draw', 'scenes', 3))
    expect(drawImage('scenes', 7, 3, 56)).toEqual(toPixels(canvas))
    expect(drawLabelMap('scenes', 7, 3, 56)).toEqual(labels)
    expect(drawLabelMap('scenes', 8, 3, 56)).not.toEqual(labels)
    const [small, large] = [drawLabelMap('scenes', 7, 3, 40).data, drawLabelMap('scenes', 7, 3, 120).data]
    let [same, counted] = [0, 0]
    for (const [i, label] of small.entries()) {
      const middle = large[(3 * Math.floor(i / 40) + 1) * 120 + 3 * (i % 40) + 1]
      if (label === ignoredLabel || middle === ignoredLabel) continue
      counted++
      same += Number(label === middle)
    }
    expect(counted).toBeGreaterThan(1200)
    expect(same / counted).toBeGreaterThan(0.99)
  })

  it('opens with masks of the size of its pictures', async () => {
    const { classes, train, test, validation } = mapTruth.of(
      await openDataset('builtin:scenes', { seed: 4, trainSize: 3, testSize: 2 }),
    )
    expect([classes, train.length, test.length]).toEqual([sceneClasses, 3, 2])
    expect(validation).toBe(test)
    const [first] = train
    expect(first?.source).toEqual({ kind: 'drawn', task: 'scenes', seed: 4, index: 0 })
    if (first) expect(await readMask(first.truth, 32)).toEqual(drawLabelMap('scenes', 4, 0, 32))
    expect(() => drawLabelMap('nature', 1, 0)).toThrow(ConfigError)
  })
})
