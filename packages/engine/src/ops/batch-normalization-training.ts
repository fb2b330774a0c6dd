import type { DType } from '../graph/dtype.ts'
import { ShapeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { asTensor } from '../graph/scalar.ts'
import { isFixed, multiplyDims, type Shape, shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import {
  axesBesideChannels,
  type ChannelStatistics,
  checkChannels,
  inverseDeviation,
  perChannel,
} from './batch-normalization.ts'
import { greater, where } from './compare.ts'
import { add, div, mul, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'
import { int64List } from './shape.ts'

/** Settings of batch normalisation in training. */
export interface BatchNormalizationOptions {
  readonly epsilon: number
  /** Share of this batch in the new running statistics. Default 0.1. */
  readonly momentum?: number
}

/** What a training pass of batch normalisation gives. */
export interface BatchNormalized {
  readonly y: Tensor
  /** The running statistics after this pass. */
  readonly running: ChannelStatistics
}

const valueCountOp: UnaryOperator = {
  name: 'ValueCount',
  infer: ([{ dtype }]) => [{ dtype, shape: [] }],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [count] }) {
    const axes = int64List(emitter, axesBesideChannels(x))
    const sizes = emitter.node('Gather', [emitter.node('Shape', [emitter.nameOf(x)]), axes])
    const product = emitter.node('ReduceProd', [sizes], { keepdims: 0 })
    emitter.node('Cast', [product], { to: onnxDTypes[x.dtype] }, [emitter.nameOf(count)])
  },
}

/** Number of values of each channel of x, of rank 0. */
function valueCount(x: Tensor): Tensor {
  const sizes: Shape = axesBesideChannels(x).map((axis) => x.shape[axis] ?? 1)
  return isFixed(sizes) ? asTensor(Number(multiplyDims(...sizes)), x) : apply(valueCountOp, [x], {})[0]
}

/** Adds a number in single precision, as a value of this type; returns its name. */
function number(emitter: Emitter, value: number, dtype: DType): string {
  const data = Float32Array.of(value)
  const shape: number[] = []
  return emitter.constant(
    dtype === 'float64' ? { dtype, shape, data: Float64Array.from(data) } : { dtype: 'float32', shape, data },
  )
}

/** Outputs besides y: mean and biased variance of the batch, which the gradient needs. */
const batchNormalizationTrainingOp: Operator<
  { epsilon: number },
  readonly [x: Tensor, weight: Tensor, bias: Tensor],
  readonly [y: Tensor, mean: Tensor, variance: Tensor]
> = {
  name: 'BatchNormalizationTraining',
  infer: ([x, weight, bias]) => {
    checkChannels('batchNormalizationTraining', x, [weight, bias])
    if (axesBesideChannels(x).every((axis) => x.shape[axis] === 1))
      throw new ShapeError(
        `batchNormalizationTraining: one value per channel, ${shapeText(x.shape)}. Train on two or more images.`,
      )
    return [x, weight, weight]
  },
  vjp: ([x, weight], [_y, mean, variance], [dy, dMean, dVariance], { epsilon }) => {
    const axes = axesBesideChannels(x)
    const [inverse, count] = [inverseDeviation(variance, epsilon), valueCount(x)]
    const scale = mul(weight, inverse)
    const centred = sub(x, perChannel(mean, x))
    const [sum, product] = [reduceSum(dy, { axes }), reduceSum(mul(dy, centred), { axes })]
    // dx = scale dy + slope (x - mean) + shift, with one number each for every channel.
    const shift = div(sub(dMean, mul(sum, scale)), count)
    const slope = div(sub(mul(dVariance, 2), mul(product, mul(scale, mul(inverse, inverse)))), count)
    const dx = add(
      add(mul(dy, perChannel(scale, x)), mul(centred, perChannel(slope, x))),
      perChannel(shift, x),
    )
    return [dx, mul(product, inverse), sum]
  },
  cost: ([x], _y, size) => 2 * size(x.shape),
  emit(emitter, { inputs: [x, weight, bias], outputs: [y, mean, variance], attributes: { epsilon } }) {
    const axes = int64List(emitter, axesBesideChannels(x))
    const column = int64List(emitter, [-1, ...x.shape.slice(2).map(() => 1)])
    const flat = int64List(emitter, [-1])
    const wide = (name: string): string => emitter.node('Reshape', [name, column])
    const averaged = (name: string): string => emitter.node('ReduceMean', [name, axes], { keepdims: 1 })
    const average = averaged(emitter.nameOf(x))
    const centred = emitter.node('Sub', [emitter.nameOf(x), average])
    const spread = averaged(emitter.node('Mul', [centred, centred]))
    const deviation = emitter.node('Sqrt', [emitter.node('Add', [spread, number(emitter, epsilon, x.dtype)])])
    const scale = emitter.node('Div', [wide(emitter.nameOf(weight)), deviation])
    const scaled = emitter.node('Mul', [centred, scale])
    emitter.node('Add', [scaled, wide(emitter.nameOf(bias))], {}, [emitter.nameOf(y)])
    emitter.node('Reshape', [average, flat], {}, [emitter.nameOf(mean)])
    emitter.node('Reshape', [spread, flat], {}, [emitter.nameOf(variance)])
  },
}

/**
 * Batch normalisation as in training: y = (x - mean) / sqrt(variance + epsilon) weight + bias with mean and
 * biased variance of each channel over the batch and all places. The running statistics become (1 -
 * momentum) running + momentum batch, with the unbiased variance (n / (n - 1) times the biased, of n
 * values); they are what `batchNormalization` reads at inference. The gradient passes through mean and
 * variance.
 * x: [B, C, ...], all others [C].
 * @throws ShapeError, DTypeError where they do not fit or a channel has only one value
 */
export function batchNormalizationTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  running: ChannelStatistics,
  { epsilon, momentum = 0.1 }: BatchNormalizationOptions,
): BatchNormalized {
  checkChannels('batchNormalizationTraining', x, [running.mean, running.variance])
  const [y, mean, variance] = apply(batchNormalizationTrainingOp, [x, weight, bias], { epsilon })
  const count = valueCount(x)
  // One value has no variance: 0 rather than 0 / 0.
  const others = where(greater(count, 1), sub(count, 1), count)
  const unbiased = mul(variance, div(count, others))
  const next = (before: Tensor, now: Tensor): Tensor => add(mul(before, 1 - momentum), mul(now, momentum))
  return { y, running: { mean: next(running.mean, mean), variance: next(running.variance, unbiased) } }
}
