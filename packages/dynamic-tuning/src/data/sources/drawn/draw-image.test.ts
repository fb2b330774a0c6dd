import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../errors.ts'
import { resize } from '../../transforms/resize.ts'
import { createCanvas, toPixels } from './canvas.ts'
import { drawImage, drawnLabel, drawnLabels } from './draw-image.ts'
import { arrow, drawShape, type Placement, shapes } from './shapes.ts'
import { drawnTasks } from './tasks.ts'

const tasks = Object.keys(drawnTasks).filter((name) => drawnTasks[name]?.kind !== 'clip')

function hash(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

describe('drawImage', () => {
  it.each(tasks)('%s: a function of seed and index, every image another', (task) => {
    const classes = drawnTasks[task]?.classes.length as number
    const hashes = Array.from({ length: 3 * classes }, (_, i) => hash(drawImage(task, 1, i).data))
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hash(drawImage(task, 1, 5).data)).toBe(hashes[5])
    expect(hash(drawImage(task, 2, 5).data)).not.toBe(hashes[5])
    expect(drawnLabel(task, classes + 2)).toBe(2)
  })

  it.each(tasks)('%s: the same picture at another size', (task) => {
    const small = drawImage(task, 1, 3, 32)
    const large = resize(drawImage(task, 1, 3, 96), { height: 32, width: 32 })
    let difference = 0
    small.data.forEach((value, i) => {
      difference += Math.abs(value - (large.data[i] as number))
    })
    expect(difference / small.data.length).toBeLessThan(9)
  })

  it('refuses unknown tasks', () => {
    expect(() => drawImage('cats', 1, 0)).toThrow(ConfigError)
    expect(() => drawImage('motion', 1, 0)).toThrow(/builtin:motion has clips, expected a task of images/)
    expect(() => drawnLabels('count', 1, 0)).toThrow(/builtin:count has one class per image/)
  })
})

/** Amount and centroid of the ink of a white shape on black. */
function ink(shape: (x: number, y: number) => number, place: Placement) {
  const canvas = createCanvas(100)
  drawShape(canvas, shape, place, [255, 255, 255])
  let [area, x, y] = [0, 0, 0]
  toPixels(canvas).data.forEach((value, i) => {
    if (i % 3 !== 0) return
    const amount = value > 100 ? 1 : 0
    area += amount
    x += amount * ((Math.floor(i / 3) % 100) + 0.5)
    y += amount * (Math.floor(i / 300) + 0.5)
  })
  return { area, x: x / area / 100, y: y / area / 100 }
}

describe('shapes', () => {
  it.each(Object.entries(shapes))('%s is drawn where it is said to be', (_, shape) => {
    const place = { x: 0.3, y: 0.6, radius: 0.2, angle: 0 }
    const { area, x, y } = ink(shape, place)
    expect(Math.abs(x - 0.3)).toBeLessThan(0.01)
    expect(Math.abs(y - 0.6)).toBeLessThan(0.01)
    expect(area).toBeGreaterThan(300)
    expect(area).toBeLessThan(1100)
  })

  it('the disc has its area', () => {
    const { area } = ink(shapes.disc, { x: 0.5, y: 0.5, radius: 0.3, angle: 0 })
    expect(Math.abs(area - Math.PI * 27 ** 2)).toBeLessThan(30)
  })

  it('the arrow points where its angle says, its head heavier than its shaft', () => {
    for (let eighth = 0; eighth < 8; eighth++) {
      const angle = (eighth * Math.PI) / 4
      const { x, y } = ink(arrow, { x: 0.5, y: 0.5, radius: 0.3, angle })
      const forward = (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle)
      const aside = (y - 0.5) * Math.cos(angle) - (x - 0.5) * Math.sin(angle)
      expect(Math.abs(forward - 0.0212)).toBeLessThan(0.005) // the outline's centroid, 0.0707 of its radius
      expect(Math.abs(aside)).toBeLessThan(0.005)
    }
  })
})

/**
 * Counts connected regions of vivid colour on the muted background: an independent
 * check of the finished picture.
 */
function regions(task: string, index: number): { x: number; y: number }[] {
  const size = 96
  const { data } = drawImage(task, 1, index, size)
  const lively = Array.from({ length: size * size }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((c) => data[i * 3 + c] as number) as [number, number, number]
    return Math.max(r, g, b) - Math.min(r, g, b) > 0.52 * Math.max(r, g, b) && Math.max(r, g, b) > 120
  })
  const found: { x: number; y: number }[] = []
  lively.forEach((_, start) => {
    const [stack, members] = [[start], [] as number[]]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (!lively[at]) continue
      lively[at] = false
      members.push(at)
      const x = at % size
      stack.push(at - size, at + size, x > 0 ? at - 1 : -1, x < size - 1 ? at + 1 : -1)
    }
    if (members.length < 40) return
    const mean = (place: (at: number) => number) =>
      members.reduce((sum, at) => sum + place(at), 0) / members.length / size
    found.push({ x: mean((at) => at % size), y: mean((at) => Math.floor(at / size)) })
  })
  return found
}

describe('tasks', () => {
  it('count: most pictures show as many regions as their label says', () => {
    const right = Array.from(
      { length: 60 },
      (_, i) => regions('count', i).length === drawnLabel('count', i) + 1,
    )
    expect(right.filter(Boolean).length).toBeGreaterThan(42)
  })

  it('location: the region lies in the cell that the label names', () => {
    const seen = Array.from({ length: 90 }, (_, i) => ({
      label: drawnLabel('location', i),
      found: regions('location', i),
    }))
    const clear = seen.filter(({ found }) => found.length === 1)
    expect(clear.length).toBeGreaterThan(60)
    for (const { label, found } of clear) {
      const { x, y } = found[0] as { x: number; y: number }
      expect(Math.floor(y * 3) * 3 + Math.floor(x * 3)).toBe(label)
    }
  })
})
