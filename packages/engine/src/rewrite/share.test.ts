import { expect, it } from 'vitest'
import {
  add,
  compile,
  constant,
  input,
  mul,
  reduceMean,
  share,
  sigmoid,
  type Tensor,
  topologicalOrder,
} from '../index.ts'

const count = (outputs: Record<string, Tensor>, op: string): number =>
  topologicalOrder(Object.values(outputs)).filter((node) => node.op.name === op).length

it('computes equal things once and keeps what differs', async () => {
  const x = input('x', ['B', 3])
  const pass = (factor: number): Tensor =>
    add(mul(sigmoid(x), factor), reduceMean(sigmoid(x), { axes: [1], keepDims: true }))
  const outputs = {
    a: pass(2),
    b: pass(2),
    c: pass(-0),
    d: pass(0),
    e: reduceMean(sigmoid(x), { axes: [0], keepDims: true }),
  }
  const shared = share(outputs)
  expect(count(outputs, 'Sigmoid')).toBe(9)
  expect(count(shared, 'Sigmoid')).toBe(1)
  expect(count(shared, 'Mul')).toBe(3)
  expect(count(shared, 'ReduceMean')).toBe(2)
  expect(shared.a).toBe(shared.b)
  const feeds = { x: { dtype: 'float32' as const, shape: [2, 3], data: Float32Array.of(1, -2, 3, 0, 5, -1) } }
  const [plain, once] = await Promise.all([compile(outputs), compile(shared)])
  expect(await once.run(feeds)).toEqual(await plain.run(feeds))
})

it('keeps weights apart that only look alike', () => {
  const weight = (name: string): Tensor =>
    constant({ dtype: 'float32', shape: [1], data: Float32Array.of(1) }, name)
  const x = input('x', ['B', 1])
  const shared = share({ a: add(x, weight('a')), b: add(x, weight('b')) })
  expect(shared.a).not.toBe(shared.b)
})
