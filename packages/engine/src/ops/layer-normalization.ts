import { dims } from '../graph/dims.ts'
import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor, type TensorType } from '../graph/tensor.ts'
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
 * Outputs besides y: the mean and the inverse deviation of every row, which the gradient needs. The runtime
 * computes them in float32; for other types the gradient computes its own.
 */
const layerNormalizationOp: Operator<
  { epsilon: number },
  readonly [Tensor, Tensor, Tensor],
  readonly [Tensor, Tensor, Tensor]
> = {
  name: 'LayerNormalization',
  rows: () => [0],
  infer: ([x, weight, bias]) => {
    checkSameType('layerNormalization', [x, weight, bias])
    const [width] = dims(x, '... _', 'layerNormalization')
    for (const tensor of [weight, bias])
      if (tensor.shape.length !== 1 || tensor.shape[0] !== width)
        throw new ShapeError(
          `layerNormalization: weight or bias ${shapeText(tensor.shape)} for rows of ${width}. Give [${width}].`,
        )
    const row: TensorType = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] }
    return [x, row, row]
  },
  vjp: ([x, weight], [y, mean, inverse], [dy], { epsilon }) => {
    const known = y.dtype === 'float32'
    const centred = sub(x, known ? mean : reduceMean(x, lastAxis))
    const scale = known ? inverse : inverseDeviation(centred, epsilon)
    const normal = mul(centred, scale)
    const dNormal = mul(dy, weight)
    const projected = mul(normal, reduceMean(mul(dNormal, normal), lastAxis))
    const dx = mul(sub(sub(dNormal, reduceMean(dNormal, lastAxis)), projected), scale)
    return [dx, mul(dy, normal), dy]
  },
  cost: ([x], _y, size) => 5 * size(x.shape),
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
  return apply(layerNormalizationOp, [x, weight, bias], { epsilon })[0]
}
