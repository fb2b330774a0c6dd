import { gradients } from '../autodiff/gradients.ts'
import type { TensorData } from '../graph/dtype.ts'
import { constant, input, inputName, parameter, type Tensor } from '../graph/tensor.ts'
import { gelu, relu } from '../ops/activation.ts'
import { attention } from '../ops/attention.ts'
import { cast, equal, greater, masked, or, where } from '../ops/compare.ts'
import { abs, add, div, mul, neg, sigmoid, sqrt, sub, tanh } from '../ops/elementwise.ts'
import { gather, gatherRows, nonZero, oneHot, scatterAddRows, scatterRows } from '../ops/gather.ts'
import { straightThrough } from '../ops/gradient-control.ts'
import { layerNormalization } from '../ops/layer-normalization.ts'
import { linear, matMul } from '../ops/matrix.ts'
import { argMax, reduceMax, reduceMean, reduceSum } from '../ops/reduce.ts'
import { expandLike, reshape, transpose } from '../ops/shape.ts'
import { concat, pad, slice, split } from '../ops/slice.ts'
import { logSoftmax, softmax } from '../ops/softmax.ts'
import { random } from '../random/random.ts'

/** Graphs that every device must compute alike, and their inputs. */
export interface Scene {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly feeds: Readonly<Record<string, TensorData>>
}

function draw(shape: readonly number[], key: string, scale = 0.5): TensorData {
  const stream = random(4, key)
  const length = shape.reduce((a, b) => a * b, 1)
  return { dtype: 'float32', shape, data: Float32Array.from({ length }, () => stream.normal() * scale) }
}
const whole = (values: number[], shape: readonly number[]): TensorData => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
})

const [batch, tokens, width, classes] = [2, 5, 8, 3]

/**
 * One training step of a two-layer transformer that skips tokens: linear, norm, attention, GELU, gate,
 * cross-entropy.
 */
export function trainingScene(): Scene {
  const feeds: Record<string, TensorData> = {
    patches: draw([batch, tokens - 1, 12], 'patches', 1),
    labels: whole([2, 0], [batch, 1]),
  }
  const weights: Tensor[] = []
  const weight = (name: string, ...shape: number[]): Tensor => {
    feeds[name] = draw(shape, name)
    weights.push(parameter(name, shape))
    return weights.at(-1) as Tensor
  }
  const dense = (x: Tensor, name: string, outputs: number): Tensor =>
    linear(x, weight(`${name}.weight`, outputs, Number(x.shape.at(-1))), weight(`${name}.bias`, outputs))
  const norm = (x: Tensor, name: string): Tensor =>
    layerNormalization(x, weight(`${name}.weight`, width), weight(`${name}.bias`, width), 1e-6)
  const embedded = dense(input('patches', ['B', tokens - 1, 12]), 'embed', width)
  const token = expandLike(weight('cls', 1, 1, width), slice(embedded, 1, 0, 1))
  let x = add(concat([token, embedded], 1), weight('positions', 1, tokens, width))
  const rates: Tensor[] = []
  for (const layer of ['blocks.0', 'blocks.1']) {
    const [q, k, v] = split(dense(norm(x, `${layer}.norm1`), `${layer}.qkv`, 3 * width), 2, 3) as [
      Tensor,
      Tensor,
      Tensor,
    ]
    x = add(x, dense(attention(q, k, v, 2), `${layer}.proj`, width))
    feeds[`${layer}.noise`] = draw([batch * tokens, 1], `${layer}.noise`, 1)
    const logits = add(reshape(dense(x, `${layer}.gate`, 1), ['5*B', 1]), input(`${layer}.noise`, ['5*B', 1]))
    const soft = sigmoid(mul(logits, 0.2))
    const gate = straightThrough(cast(greater(soft, 0.5), 'float32'), soft)
    rates.push(reduceMean(gate))
    const hidden = gelu(dense(norm(x, `${layer}.norm2`), `${layer}.fc1`, 2 * width))
    const mlp = dense(hidden, `${layer}.fc2`, width)
    x = add(x, mul(mlp, reshape(gate, ['B', tokens, 1], x)))
  }
  const pooled = reshape(slice(norm(x, 'norm'), 1, 0, 1), ['B', width])
  const logits = dense(pooled, 'head', classes)
  const target = oneHot(input('labels', ['B', 1], 'int64'), constant(whole([0, 1, 2], [classes])))
  const crossEntropy = neg(reduceMean(reduceSum(mul(target, logSoftmax(logits)), { axes: [1] })))
  const [first, second] = rates as [Tensor, Tensor]
  const miss = sub(mul(add(first, second), 0.5), 0.5)
  const loss = add(crossEntropy, mul(mul(miss, miss), 2))
  const slopes = gradients(loss, weights).map(
    (slope, i) => [`grad.${inputName(weights[i] as Tensor)}`, slope] as const,
  )
  return { outputs: { loss, logits, ...Object.fromEntries(slopes) }, feeds }
}

/**
 * All other operators that models and their gradients use; tokens are skipped with none, some and all of them
 * kept.
 */
export function operatorScene(): Scene {
  const feeds: Record<string, TensorData> = {
    x: draw([6, 4], 'x', 1),
    y: draw([6, 4], 'y', 1),
    cube: draw([2, 3, 4], 'cube', 1),
    rows: whole([1, 4, 1], [3, 1]),
    labels: whole([3, 0, 2], [3]),
    gates: { dtype: 'float32', shape: [6], data: Float32Array.of(0, 1, 1, 0, 0, 1) },
  }
  const [x, y, cube] = [input('x', ['R', 4]), input('y', ['R', 4]), input('cube', ['B', 3, 4])]
  const [rows, labels, gates] = [
    input('rows', [3, 1], 'int64'),
    input('labels', [3], 'int64'),
    input('gates', ['R']),
  ]
  const positive = add(mul(x, x), 0.5)
  const more = greater(x, y)
  const kept = (gate: Tensor, symbol: string): Tensor => {
    const places = reshape(nonZero(gate, symbol), [symbol, 1])
    return scatterAddRows(x, places, gelu(mul(gatherRows(x, places), 2)))
  }
  const outputs: Record<string, Tensor> = {
    arithmetic: add(div(x, positive), sub(sqrt(positive), abs(tanh(y)))),
    relu: relu(x),
    where: where(or(more, equal(x, y)), x, y),
    masked: masked(x, more),
    largest: reduceMax(x, { axes: [1] }),
    place: argMax(x, 1),
    softmax: softmax(x),
    padded: pad(x, 1, 1, 2),
    gather: gather(constant(draw([4, 2], 'table')), labels, 0),
    gatherRows: gatherRows(x, rows),
    scatterRows: scatterRows(x, constant(whole([0, 5], [2, 1])), constant(draw([2, 4], 'u'))),
    repeatsAdded: scatterAddRows(x, rows, constant(draw([3, 4], 'u'))),
    transposed: transpose(cube, [2, 0, 1]),
    product: matMul(cube, transpose(cube, [0, 2, 1])),
    someKept: kept(gates, 'K1'),
    noneKept: kept(mul(gates, 0), 'K2'),
    allKept: kept(add(gates, 1), 'K3'),
    integers: slice(constant(whole([1, 2, 3], [3])), 0, 1, 3),
  }
  const loss = reduceSum(
    [
      'arithmetic',
      'relu',
      'where',
      'masked',
      'largest',
      'softmax',
      'padded',
      'gatherRows',
      'repeatsAdded',
      'someKept',
      'noneKept',
    ]
      .map((name) => outputs[name] as Tensor)
      .map((tensor) => reduceSum(mul(tensor, tensor)))
      .reduce((sum, part) => add(sum, part)),
  )
  const [dx, dy] = gradients(loss, [x, y]) as [Tensor, Tensor]
  return { outputs: { ...outputs, total: loss, dx, dy }, feeds }
}
