import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GraphError } from '../graph/errors.ts'
import { constant, input } from '../graph/tensor.ts'
import { readModelFile, writeModel } from '../onnx/file.ts'
import { lower } from '../onnx/lower.ts'
import { linear } from '../ops/matrix.ts'
import { random } from '../random/random.ts'
import { compile, openModel } from '../runtime/node.ts'
import { applyPrecision } from './apply-precision.ts'
import { plainProduct } from './plain-product.test.support.ts'
import { type Precision, precisions } from './precision.ts'

const folder = mkdtempSync(join(tmpdir(), 'precision-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const reducedPrecisions = precisions.filter((each) => each !== 'fp32')
const [inputs, outputs] = [96, 24]

function drawn(length: number, key: string, scale = 1): Float32Array {
  const { normal } = random(5, key)
  return Float32Array.from({ length }, () => normal() * scale)
}

/** y = x W^T + b; the rows of W have very different norms, one is zero. */
function layer() {
  const weight = drawn(outputs * inputs, 'weight')
  for (const [i, value] of weight.entries())
    weight[i] = value * ([0, 1, 100, 1e-3][Math.floor(i / inputs) % 4] as number)
  const bias = drawn(outputs, 'bias')
  const w = constant({ dtype: 'float32', shape: [outputs, inputs], data: weight }, 'blocks.0.mlp.fc1.weight')
  const b = constant({ dtype: 'float32', shape: [outputs], data: bias }, 'blocks.0.mlp.fc1.bias')
  return { weight, bias, graph: { y: linear(input('x', ['M', inputs]), w, b) } }
}

/** Largest difference, relative to the norm of the weights and bias of the column. */
function apart(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const { weight, bias } = layer()
  const sizes = Array.from(bias, (b, column) =>
    Math.hypot(b, ...weight.subarray(column * inputs, (column + 1) * inputs)),
  )
  let worst = 0
  for (let i = 0; i < wanted.length; i++)
    worst = Math.max(
      worst,
      Math.abs((found[i] as number) - (wanted[i] as number)) / (sizes[i % outputs] as number),
    )
  return worst
}

/** Allowed difference of a column from that in float32. */
const nearness: Readonly<Record<Exclude<Precision, 'fp32'>, number>> = {
  fp16: 1e-3,
  int8: 0.06,
  'int8-weights': 0.04,
  'int4-weights': 0.3,
}

describe('a product in another precision', () => {
  const cases = reducedPrecisions.flatMap((precision) => [false, true].map((fused) => ({ precision, fused })))

  it.each(cases)('is what plain loops over its integers give: $precision, fused $fused', async (options) => {
    const { weight, bias, graph } = layer()
    // Narrow on every machine: where processors lack 8-bit products, wider weights would saturate.
    const program = await compile(graph, { threads: 1, narrow: true, ...options })
    for (const rows of [1, 5, 33]) {
      const x = drawn(rows * inputs, `x${rows}`)
      const found = (await program.run({ x })).y.data as Float32Array
      const exact = plainProduct('fp32', { x, weight, bias, inputs })
      const wanted = plainProduct(options.precision, { x, weight, bias, inputs, limit: 63 })
      // MatMulNBits also rounds activations, to 8 bits, so it differs more from the plain loops.
      const rounds = options.fused && options.precision.endsWith('-weights')
      expect(apart(found, wanted)).toBeLessThan(rounds ? 0.04 : 2e-5)
      expect(apart(found, exact)).toBeLessThan(nearness[options.precision])
      if (rows > 1) expect(apart(wanted, exact)).toBeGreaterThan(1e-5)
    }
    await program.release()
  })

  it.each(cases)('takes no rows, and rows of zeros: $precision, fused $fused', async (options) => {
    const { bias, graph } = layer()
    const program = await compile(graph, { threads: 1, ...options })
    expect((await program.run({ x: new Float32Array(0) })).y.data).toHaveLength(0)
    const { y } = await program.run({ x: new Float32Array(inputs) })
    expect(apart(y.data as Float32Array, bias)).toBeLessThan(1e-6)
    await program.release()
  })

  it('does not saturate where all numbers are the largest', async () => {
    const data = new Float32Array(outputs * inputs).fill(1)
    const w = constant({ dtype: 'float32', shape: [outputs, inputs], data }, 'w')
    const program = await compile({ y: linear(input('x', ['M', inputs]), w) }, { precision: 'int8' })
    const { y } = await program.run({ x: new Float32Array(8 * inputs).fill(3) })
    for (const value of y.data) expect(Number(value)).toBeCloseTo(3 * inputs, 2)
    await program.release()
  })

  it('keeps narrow weights so small that pairs of products fit 16 bits', async () => {
    const { weight, bias, graph } = layer()
    const model = applyPrecision(lower(graph), { precision: 'int8', narrow: true })
    const [values] = [...model.initializers.values()].filter(({ dtype }) => dtype === 'int8')
    const largest = Math.max(...Array.from(values?.data as Int8Array, Math.abs))
    expect(largest).toBe(63)
    expect(2 * 255 * largest).toBeLessThan(2 ** 15)
    const program = await compile(graph, { precision: 'int8', narrow: true, threads: 1 })
    const x = drawn(5 * inputs, 'x5')
    const found = (await program.run({ x })).y.data as Float32Array
    const exact = plainProduct('fp32', { x, weight, bias, inputs })
    expect(apart(found, exact)).toBeLessThan(0.06)
    await program.release()
  })

  it.each(cases)('is the same read back from its file: $precision, fused $fused', async (options) => {
    const { graph } = layer()
    const model = applyPrecision(lower(graph), options)
    const path = join(folder, `${options.precision}-${options.fused}.onnx`)
    writeModel(path, model, { external: true })
    const read = readModelFile(path)
    expect(read.nodes).toEqual(model.nodes)
    expect([...read.initializers]).toEqual([...model.initializers])
    const x = drawn(4 * inputs, 'x')
    const [a, b] = await Promise.all([model, read].map((each) => openModel(each, { threads: 1 })))
    expect((await a?.run({ x }))?.y).toEqual((await b?.run({ x }))?.y)
    await Promise.all([a?.release(), b?.release()])
  })

  it('takes the bytes it promises', () => {
    const bytes = (precision: Precision): number => {
      const { initializers } = applyPrecision(lower(layer().graph), { precision })
      return [...initializers]
        .filter(([name]) => /weight\.(fp16|int\d|scale)/.test(name))
        .reduce((sum, [, { data }]) => sum + data.byteLength, 0)
    }
    const weights = inputs * outputs
    expect(reducedPrecisions.map(bytes)).toEqual([
      2 * weights,
      weights + 4 * outputs,
      weights + (4 * weights) / 32,
      weights / 2 + (4 * weights) / 32,
    ])
  })

  it('uses standard operators alone unless told otherwise', () => {
    for (const precision of reducedPrecisions) {
      const { nodes } = applyPrecision(lower(layer().graph), { precision })
      expect(nodes.filter(({ domain }) => domain !== '')).toEqual([])
      expect(nodes.every(({ name }) => name === 'Identity_1' || /^blocks\.0\.mlp\.fc1\//.test(name))).toBe(
        true,
      )
    }
  })

  it('computes in half precision for devices that do', async () => {
    const { weight, bias, graph } = layer()
    const model = applyPrecision(lower(graph), { precision: 'fp16', device: 'webgpu' })
    expect(model.nodes.map(({ opType }) => opType)).toEqual(['Cast', 'Gemm', 'Cast', 'Add', 'Identity'])
    const program = await openModel(model, { threads: 1 })
    const x = drawn(5 * inputs, 'x5')
    const found = (await program.run({ x })).y?.data as Float32Array
    expect(apart(found, plainProduct('fp32', { x, weight, bias, inputs }))).toBeLessThan(4e-3)
    await program.release()
  })
})

describe('applyPrecision', () => {
  it('leaves fp32 and weights that are not meant as they are', () => {
    const model = lower(layer().graph)
    expect(applyPrecision(model, {})).toBe(model)
    const names: string[] = []
    const reduced = (name: string): boolean => names.push(name) < 0
    expect(() => applyPrecision(model, { precision: 'int8', reduced })).toThrow(
      /no product can be computed in int8/,
    )
    expect(names).toEqual(['blocks.0.mlp.fc1.weight'])
  })

  it('refuses what it cannot do', () => {
    const narrow = constant({ dtype: 'float32', shape: [2, 12], data: new Float32Array(24) }, 'w')
    const model = lower({ y: linear(input('x', ['M', 12]), narrow) })
    for (const precision of ['int8-weights', 'int4-weights'] as const)
      expect(() => applyPrecision(model, { precision })).toThrow(/in blocks of 16 inputs/)
    expect(() => applyPrecision(model, { precision: 'int2' as 'int8' })).toThrow(
      /int2 is none. Choose fp32, fp16, int8/,
    )
    expect(() => applyPrecision(model, { precision: 'int2' as 'int8' })).toThrow(GraphError)
  })
})
