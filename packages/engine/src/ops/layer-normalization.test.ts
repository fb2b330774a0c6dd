import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { at, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { layerNormalization } from './layer-normalization.ts'

/** ONNX stores it in single precision. */
const epsilon = Math.fround(1e-3)
/** The definition, row by row. */
function normalized(...[x, weight, bias]: Plain[]): Plain {
  const input = x as Plain
  const width = input.shape.at(-1) as number
  return fill(input.shape, (place) => {
    const row = Array.from({ length: width }, (_, i) => at(input, [...place.slice(0, -1), i]))
    const mean = row.reduce((a, b) => a + b, 0) / width
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width
    const column = [place.at(-1) as number]
    const normal = (at(input, place) - mean) / Math.sqrt(variance + epsilon)
    return normal * at(weight as Plain, column) + at(bias as Plain, column)
  })
}
const leaves = (...shape: number[]) => [
  drawn(shape),
  drawn([shape.at(-1) as number], 'w'),
  drawn([shape.at(-1) as number], 'b'),
]

for (const dtype of ['float32', 'float64'] as const)
  describeOp(
    `layerNormalization ${dtype}`,
    (x, w, b) => layerNormalization(x as Tensor, w as Tensor, b as Tensor, epsilon),
    {
      dtype,
      cases: [
        { inputs: leaves(2, 5) },
        { inputs: leaves(2, 3, 4) },
        ...[1, 3].map((batch) => ({ inputs: leaves(batch, 2, 4), shapes: [['B', 2, 4], [4], [4]] })),
        { inputs: [tensor([0, 4], []), drawn([4], 'w'), drawn([4], 'b')], shapes: [['K', 4], [4], [4]] },
      ],
      reference: normalized,
      throws: [
        {
          build: () =>
            layerNormalization(
              input('x', ['B', 4]),
              parameter('blocks.1.norm1.weight', [5]),
              parameter('blocks.1.norm1.bias', [4]),
              epsilon,
            ),
          error: /layerNormalization: weight or bias \[5\] for rows of 4.*at blocks\.1\.norm1/,
        },
        {
          build: () =>
            layerNormalization(input('x', [2, 4]), input('w', [4], 'float64'), input('b', [4]), epsilon),
          error: /layerNormalization: types differ/,
        },
      ],
    },
  )
