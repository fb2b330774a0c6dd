import { describe, expect, it } from 'vitest'
import { farthest, noise } from '../../nn/plain.test.support.ts'
import { AdamW } from './adamw.ts'
import { Muon, type MuonSettings } from './muon.ts'

const settings: MuonSettings = {
  momentum: 0.9,
  rateFactor: 3,
  adamw: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
  threads: 1,
}
const shapes = {
  'blocks.0.mlp.fc1.weight': [5, 3],
  'blocks.0.mlp.fc2.weight': [3, 5],
  'blocks.0.norm1.weight': [4],
  'head.weight': [2, 3],
} as const
const rates = [1e-2, 3e-3, 2e-2]
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b)
const gradients = (step: number): Map<string, Float32Array> =>
  new Map(
    Object.entries(shapes).map(([name, shape], i) => [name, noise(sizeOf(shape), 10 * step + i)] as const),
  )
const start = () =>
  new Map(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      { data: noise(sizeOf(shape), 100 + i), shape: [...shape] },
    ]),
  )

type Matrix = number[][]
const product = (x: Matrix, y: Matrix): Matrix =>
  x.map((row) => (y[0] as number[]).map((_, j) => row.reduce((sum, v, k) => sum + v * (y[k]?.[j] ?? 0), 0)))
const transposed = (x: Matrix): Matrix => (x[0] as number[]).map((_, j) => x.map((row) => row[j] as number))
const combined = (a: number, x: Matrix, b: number, y: Matrix): Matrix =>
  x.map((row, i) => row.map((v, j) => a * v + b * (y[i]?.[j] ?? 0)))

/** Newton and Schulz's iteration, always on the wide side, in doubles. */
function plainOrthogonalized(g: Matrix): Matrix {
  if (g.length > (g[0] as number[]).length) return transposed(plainOrthogonalized(transposed(g)))
  const norm = Math.sqrt(g.flat().reduce((sum, v) => sum + v * v, 0)) + 1e-7
  let x = g.map((row) => row.map((v) => v / norm))
  for (let round = 0; round < 5; round++) {
    const gram = product(x, transposed(x))
    x = combined(3.4445, x, 1, product(combined(-4.775, gram, 2.0315, product(gram, gram)), x))
  }
  return x
}

function plain(name: keyof typeof shapes): number[] {
  const [rows, columns] = shapes[name] as readonly [number, number]
  const matrix = (data: ArrayLike<number>): Matrix =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => data[i * columns + j] ?? 0),
    )
  let w = matrix(start().get(name)?.data as Float32Array)
  let m = matrix(new Float32Array(rows * columns))
  for (const [step, lr] of rates.entries()) {
    const g = matrix(gradients(step).get(name) as Float32Array)
    m = combined(0.9, m, 1, g)
    const direction = plainOrthogonalized(combined(0.9, m, 1, g))
    const rate = 3 * lr
    w = combined(1 - rate * 0.1, w, -0.2 * rate * Math.sqrt(Math.max(rows, columns)), direction)
  }
  return w.flat()
}

async function trained(steps = rates.length, from = start()): Promise<ReturnType<typeof start>> {
  const optimizer = await Muon.create(from, settings)
  for (let step = 0; step < steps; step++) await optimizer.update(gradients(step), rates[step] as number)
  await optimizer.release()
  return from
}

describe('Muon', () => {
  it.each(['blocks.0.mlp.fc1.weight', 'blocks.0.mlp.fc2.weight'] as const)(
    '%s moves as in plain loops',
    async (name) => {
      const weights = await trained()
      expect(farthest(weights.get(name)?.data as Float32Array, plain(name))).toBeLessThan(1e-5)
    },
  )

  it('moves norms and the head by AdamW', async () => {
    const [weights, wanted] = [await trained(), start()]
    const adamw = new AdamW(wanted, settings.adamw)
    for (const [step, rate] of rates.entries()) adamw.update(gradients(step), rate)
    for (const name of ['blocks.0.norm1.weight', 'head.weight'])
      expect(weights.get(name)?.data).toEqual(wanted.get(name)?.data)
  })

  it('goes on to the same bits from what it remembers', async () => {
    const weights = start()
    const first = await Muon.create(weights, settings)
    for (const step of [0, 1]) await first.update(gradients(step), rates[step] as number)
    const saved = new Map([...first.moments()].map(([name, data]) => [name, data.slice()]))
    expect([...saved.keys()]).toContain('muon.momentum.blocks.0.mlp.fc1.weight')
    const second = await Muon.create(weights, settings)
    for (const [name, array] of second.moments()) array.set(saved.get(name) as Float32Array)
    second.step = first.step
    await second.update(gradients(2), rates[2] as number)
    await Promise.all([first.release(), second.release()])
    expect(weights).toEqual(await trained())
  })
})
