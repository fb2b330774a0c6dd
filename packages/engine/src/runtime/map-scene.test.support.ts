import { gradients } from '../autodiff/gradients.ts'
import { sizeOf, type TensorData } from '../graph/dtype.ts'
import { input, inputName, parameter, type Tensor } from '../graph/tensor.ts'
import { adaptiveAveragePool } from '../ops/adaptive-average-pool.ts'
import { batchNormalization } from '../ops/batch-normalization.ts'
import { batchNormalizationTraining } from '../ops/batch-normalization-training.ts'
import { conv, convTranspose } from '../ops/conv.ts'
import { add, mul } from '../ops/elementwise.ts'
import { maxPool } from '../ops/max-pool.ts'
import { reduceSum } from '../ops/reduce.ts'
import { resize } from '../ops/resize.ts'
import { random } from '../random/random.ts'
import type { Scene } from './device-scene.test.support.ts'

function draw(name: string, shape: readonly number[]): TensorData {
  const stream = random(4, name)
  const data = Float32Array.from({ length: sizeOf(shape) }, () => stream.normal())
  return { dtype: 'float32', shape, data }
}

/** The operators of maps [B, C, H, W], and the gradient of the sum of their squares. */
export function mapScene(): Scene {
  const feeds: Record<string, TensorData> = {}
  const leaves: Tensor[] = []
  const value = (name: string, ...shape: number[]): Tensor => {
    feeds[name] = draw(name, shape)
    leaves.push(parameter(name, shape))
    return leaves.at(-1) as Tensor
  }
  const map = value('map', 2, 4, 5, 6)
  const outputs: Record<string, Tensor> = {
    conv: conv(map, value('square', 6, 4, 3, 3), { padding: 1, bias: value('bias', 6) }),
    convOfManyChannels: conv(map, value('many', 32, 4, 3, 3), { padding: 1 }),
    convStrided: conv(map, value('strided', 4, 2, 2, 3), { stride: [2, 1], padding: [0, 1], groups: 2 }),
    convOfNineChannels: conv(value('nine', 2, 9, 4, 4), value('nines', 4, 9, 3, 3), { padding: 1 }),
    convOfFiveOutputs: conv(map, value('groups', 10, 2, 2, 2), { groups: 2 }),
    convDilated: conv(map, value('dilated', 3, 4, 2, 2), { dilation: 2 }),
    convOfPoints: conv(map, value('point', 3, 4, 1, 1)),
    convByChannel: conv(map, value('depth', 4, 1, 7, 7), { padding: 3, groups: 4 }),
    convTranspose: convTranspose(map, value('up', 4, 3, 2, 2), { stride: 2 }),
    convTransposeBordered: convTranspose(map, value('wide', 4, 2, 3, 3), {
      ...{ stride: 2, padding: 1, outputPadding: 1, groups: 2 },
    }),
  }
  const convolved = conv(map, value('before', 8, 4, 3, 3), { padding: 1 })
  const batch = input('batch', ['B', 8, 2, 3])
  feeds.batch = draw('batch', [3, 8, 2, 3])
  leaves.push(batch)
  const [scale, shift] = [value('scale', 8), value('shift', 8)]
  const statistics = { mean: value('mean', 8), variance: add(mul(scale, scale), 0.1) }
  const normal = batchNormalizationTraining(batch, scale, shift, statistics, { epsilon: 1e-5 })
  Object.assign(outputs, {
    normalized: batchNormalization(convolved, scale, shift, statistics, 1e-5),
    normalizedBatch: mul(normal.y, add(batch, 1)),
    nextMean: normal.running.mean,
    nextVariance: normal.running.variance,
    maxPool: maxPool(map, { kernel: 2 }),
    maxPoolOverlapping: maxPool(convolved, { kernel: 3, stride: [2, 1], padding: 1 }),
    pooled: adaptiveAveragePool(map, [3, 7]),
    pooledWhole: adaptiveAveragePool(convolved, 1),
    enlarged: resize(convolved, [9, 12]),
    reduced: resize(map, [2, 5]),
    alignedCorners: resize(map, [8, 3], { alignCorners: true }),
  })
  const loss = Object.values(outputs)
    .map((tensor) => reduceSum(mul(tensor, tensor)))
    .reduce((sum, part) => add(sum, part))
  const slopes = gradients(loss, leaves)
  for (const [i, slope] of slopes.entries()) outputs[`grad.${inputName(leaves[i] as Tensor)}`] = slope
  return { outputs, feeds }
}
