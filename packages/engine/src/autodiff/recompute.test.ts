import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { gelu } from '../ops/activation.ts'
import { attention } from '../ops/attention.ts'
import { add, mul, sigmoid, tanh } from '../ops/elementwise.ts'
import { layerNormalization } from '../ops/layer-normalization.ts'
import { linear } from '../ops/matrix.ts'
import { reduceMean, reduceSum } from '../ops/reduce.ts'
import { random } from '../random/random.ts'
import { compile } from '../runtime/node.ts'
import { gradients } from './gradients.ts'
import type { Checkpoints } from './recompute.ts'

const [width, layers] = [8, 4]

/**
 * Two chains of layers with the same input and weights; the second reads the sum over the outputs of all
 * layers of the first.
 */
function twoChains() {
  const weights: Tensor[] = []
  const weight = (name: string, ...shape: number[]): Tensor => {
    const made = parameter(name, shape)
    weights.push(made)
    return made
  }
  const x = input('x', ['B', 5, width])
  const of = Array.from({ length: layers }, (_, i) => ({
    gain: weight(`${i}.gain`, width),
    bias: weight(`${i}.bias`, width),
    map: weight(`${i}.map`, width, width),
    gate: weight(`${i}.gate`, 1, width),
  }))
  const gates: Tensor[] = []
  const chain = (gated: boolean): Tensor[] => {
    const outputs: Tensor[] = []
    let y = x
    for (const { gain, bias, map, gate } of of) {
      const normed = layerNormalization(y, gain, bias, 1e-6)
      const mixed = add(y, attention(normed, normed, linear(normed, map), 2))
      const open = gated ? sigmoid(linear(mixed, gate)) : undefined
      if (open) gates.push(reduceMean(open))
      const inner = gelu(linear(tanh(mixed), map))
      y = add(mixed, open ? mul(inner, open) : inner)
      outputs.push(y)
    }
    return outputs
  }
  const [one, other] = [chain(true), chain(false)]
  const ends = [one, other].map((outputs) => {
    const end = outputs.at(-1) as Tensor
    return reduceSum(mul(end, end))
  })
  const loss = [...ends, ...gates].reduce((sum, term) => add(sum, term))
  const inner = Array.from({ length: layers - 1 }, (_, i) => [one[i] as Tensor, other[i] as Tensor])
  return { x, weights, loss, inner }
}

function feeds(weights: readonly Tensor[]) {
  const drawn = (name: string, shape: readonly number[]): TensorData => {
    const length = shape.reduce((a, b) => a * b, 1)
    return {
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length }, () => 0.5 * random(3, name).normal()),
    }
  }
  const given: Record<string, TensorData> = { x: drawn('x', [3, 5, width]) }
  for (const { node, shape } of weights) {
    const { name } = node.attributes as { name: string }
    given[name] = drawn(name, shape as number[])
  }
  return given
}

/** Gradients of all weights, and how often each kind of operator runs. */
async function measured(choose: (chains: ReturnType<typeof twoChains>) => Checkpoints) {
  const folder = mkdtempSync(join(tmpdir(), 'recompute-test-'))
  try {
    const chains = twoChains()
    const found = gradients(chains.loss, chains.weights, { checkpoints: choose(chains) })
    const outputs = Object.fromEntries(found.map((gradient, i) => [`g${i}`, gradient]))
    const options = { threads: 1, profile: join(folder, 'trace') }
    const program = await compile({ loss: chains.loss, ...outputs }, options)
    const values = await program.run(feeds(chains.weights))
    await program.release()
    const [file] = readdirSync(folder) as [string]
    const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      name: string
      args?: { op_name?: string }
    }[]
    const runs = (op: string): number =>
      events.filter(({ name, args }) => args?.op_name === op && name.endsWith('kernel_time')).length
    return { values, runs }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Layers of both chains that run: both start alike, and the runtime merges equal nodes. */
const once = 2 * layers - 1

describe('gradients with checkpoints', () => {
  it('are the same bits, from values computed again', async () => {
    const plain = await measured(() => [])
    const again = await measured(({ inner }) => inner)
    expect(again.values).toEqual(plain.values)
    expect(plain.runs('Tanh')).toBe(once)
    // The first and the last layer are kept; the others run twice in both chains.
    expect(again.runs('Tanh')).toBe(once + 2 * (layers - 2))
  })

  it('take any of the layers', async () => {
    const plain = await measured(() => [])
    const some = await measured(({ inner }) => [inner[0] ?? [], inner[2] ?? []])
    expect(some.values).toEqual(plain.values)
    expect(some.runs('Tanh')).toBe(once + 2 * 2)
    const one = await measured(({ inner }) => inner.slice(1, 2))
    expect(one.values).toEqual(plain.values)
    expect(one.runs('Tanh')).toBe(once)
  })

  it('refuse a checkpoint that the loss does not depend on', () => {
    const { loss, weights, x } = twoChains()
    const call = () => gradients(loss, weights, { checkpoints: [[tanh(x)]] })
    expect(call).toThrow(GraphError)
    expect(call).toThrow(/the loss does not depend on a checkpoint/)
  })
})
