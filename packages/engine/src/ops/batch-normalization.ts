import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { add, div, mul, neg, sqrt, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

/** Mean and variance of each channel, both [C]. */
export interface ChannelStatistics {
  readonly mean: Tensor
  readonly variance: Tensor
}

type Inputs = readonly [x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor]

/** Axes of x but for that of the channels. */
export function axesBesideChannels(x: Tensor): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
}

/** A value for each channel, [C], in the shape in which it broadcasts to x: [C, 1, 1]. */
export function perChannel(values: Tensor, x: Tensor): Tensor {
  return reshape(values, [...values.shape, ...x.shape.slice(2).map(() => 1)])
}

/** @throws ShapeError, DTypeError where a list of values does not have one for each channel of x */
export function checkChannels(operator: string, x: Tensor, lists: readonly Tensor[]): void {
  checkSameType(operator, [x, ...lists])
  for (const { shape } of lists)
    if (x.shape.length < 2 || shape.length !== 1 || shape[0] !== x.shape[1])
      throw new ShapeError(
        `${operator}: values ${shapeText(shape)} for the channels of ${shapeText(x.shape)}. Give [C] for [B, C, ...].`,
      )
}

export const batchNormalizationOp: Operator<{ epsilon: number }, Inputs, readonly [Tensor]> = {
  name: 'BatchNormalization',
  infer: ([x, ...lists]) => {
    checkChannels('batchNormalization', x, lists)
    return [x]
  },
  vjp: ([x, weight, _bias, mean, variance], _y, [dy], { epsilon }) => {
    const axes = axesBesideChannels(x)
    const inverse = inverseDeviation(variance, epsilon)
    const scale = mul(weight, inverse)
    const [sum, product] = [
      reduceSum(dy, { axes }),
      reduceSum(mul(dy, sub(x, perChannel(mean, x))), { axes }),
    ]
    const dVariance = mul(mul(product, mul(scale, mul(inverse, inverse))), -0.5)
    return [mul(dy, perChannel(scale, x)), mul(product, inverse), sum, neg(mul(sum, scale)), dVariance]
  },
  cost: ([x], _y, size) => 2 * size(x.shape),
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const names = inputs.map((tensor) => emitter.nameOf(tensor))
    const settings = { epsilon: { float: attributes.epsilon } }
    emitter.node('BatchNormalization', names, settings, [emitter.nameOf(y)])
  },
}

/** 1 / sqrt(variance + epsilon) */
export function inverseDeviation(variance: Tensor, epsilon: number): Tensor {
  return div(asTensor(1, variance), sqrt(add(variance, Math.fround(epsilon))))
}

/**
 * Batch normalisation with given statistics, as at inference: (x - mean) / sqrt(variance + epsilon) weight +
 * bias for each channel. Where all but x are constants, `lower` folds it into the convolution before it.
 * x: [B, C, ...], all others [C] -> the shape of x.
 * @throws ShapeError, DTypeError where they do not fit
 */
export function batchNormalization(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { mean, variance }: ChannelStatistics,
  epsilon: number,
): Tensor {
  return apply(batchNormalizationOp, [x, weight, bias, mean, variance], { epsilon })[0]
}
