import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { type Dim, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { add, div, mul, sqrt, sub } from './elementwise.ts'
import { reduceMean } from './reduce.ts'

const lastAxis = { axes: [-1], keepDims: true }

function inverseDeviation(centred: Tensor, epsilon: number): Tensor {
  return div(
    asTensor(1, centred),
    sqrt(add(reduceMean(mul(centred, centred), lastAxis), Math.fround(epsilon))),
  )
}

/**
 * Outputs beside y: the mean and the inverse deviation of every row, which the gradient needs. The runtime keeps them in
 * float32, so that the gradient of another type computes its own.
 */
const layerNormalizationOp: Operator<{ epsilon: number }> = {
  name: 'LayerNormalization',
  rows: () => [0],
  infer: ([x, weight, bias]) => {
    const input = x as Tensor
    checkSameType('layerNormalization', [input, weight, bias])
    const width = input.shape.at(-1) as Dim
    for (const tensor of [weight as Tensor, bias as Tensor])
      if (tensor.shape.length !== 1 || tensor.shape[0] !== width)
        throw new ShapeError(
          `layerNormalization: weight or bias ${shapeText(tensor.shape)} for rows of ${width}. Give [${width}].`,
        )
    const row = { dtype: 'float32' as const, shape: [...input.shape.slice(0, -1), 1] }
    return [input, row, row]
  },
  vjp: ([x, weight], [y, mean, inverse], [dy], { epsilon }) => {
    const known = y?.dtype === 'float32'
    const centred = sub(x as Tensor, known ? (mean as Tensor) : reduceMean(x as Tensor, lastAxis))
    const scale = known ? (inverse as Tensor) : inverseDeviation(centred, epsilon)
    const normal = mul(centred, scale)
    const dNormal = mul(dy as Tensor, weight as Tensor)
    const projected = mul(normal, reduceMean(mul(dNormal, normal), lastAxis))
    const dx = mul(sub(sub(dNormal, reduceMean(dNormal, lastAxis)), projected), scale)
    return [dx, mul(dy as Tensor, normal), dy as Tensor]
  },
  cost: ([x], _y, size) => 5 * size((x as Tensor).shape),
  emit(emitter, { inputs, outputs, attributes }) {
    const used = outputs.map((tensor) => emitter.isUsed(tensor))
    const count = used.lastIndexOf(true) + 1
    emitter.node(
      'LayerNormalization',
      inputs.map((tensor) => emitter.nameOf(tensor)),
      {
        axis: -1,
        epsilon: { float: attributes.epsilon },
      },
      outputs.slice(0, count).map((tensor) => emitter.nameOf(tensor)),
    )
  },
}

/** (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis. weight, bias: [C]. */
export function layerNormalization(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  return apply(layerNormalizationOp, [x, weight, bias], { epsilon })[0] as Tensor
}
