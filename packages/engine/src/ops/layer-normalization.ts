import { ShapeError } from '../graph/errors.ts'
import { type Dim, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { mul, sub } from './elementwise.ts'
import { reduceMean } from './reduce.ts'

/** Outputs beside y: the mean and the inverse deviation of every row, which the gradient needs. */
const layerNormalizationOp: Operator<{ epsilon: number }> = {
  name: 'LayerNormalization',
  infer: ([x, weight, bias]) => {
    const input = x as Tensor
    const width = input.shape.at(-1) as Dim
    for (const tensor of [weight as Tensor, bias as Tensor])
      if (tensor.shape.length !== 1 || tensor.shape[0] !== width)
        throw new ShapeError(
          `layerNormalization: weight or bias ${shapeText(tensor.shape)} for rows of ${width}. Give [${width}].`,
        )
    const row = { dtype: input.dtype, shape: [...input.shape.slice(0, -1), 1] }
    return [input, row, row]
  },
  vjp: ([x, weight], [, mean, inverse], [dy]) => {
    const normal = mul(sub(x as Tensor, mean as Tensor), inverse as Tensor)
    const dNormal = mul(dy as Tensor, weight as Tensor)
    const along = { axes: [-1], keepDims: true }
    const projected = mul(normal, reduceMean(mul(dNormal, normal), along))
    const dx = mul(sub(sub(dNormal, reduceMean(dNormal, along)), projected), inverse as Tensor)
    return [dx, mul(dy as Tensor, normal), dy as Tensor]
  },
  cost: ([x], _y, size) => 5 * size((x as Tensor).shape),
  emit(emitter, { inputs, outputs, attributes }) {
    const used = outputs.map((tensor) => emitter.isUsed(tensor))
    const count = used.lastIndexOf(true) + 1
    emitter.node(
      'LayerNormalization',
      inputs.map((tensor) => emitter.nameOf(tensor)),
      { axis: -1, epsilon: { float: attributes.epsilon } },
      outputs.slice(0, count).map((tensor) => emitter.nameOf(tensor)),
    )
  },
}

/** (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis. weight, bias: [C]. */
export function layerNormalization(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  return apply(layerNormalizationOp, [x, weight, bias], { epsilon })[0] as Tensor
}
