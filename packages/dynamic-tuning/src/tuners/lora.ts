import { add, concat, mul, type Tensor, type TensorData, zerosLike } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import { kaimingUniform, zeros } from '../nn/initializers.ts'
import { linearWithoutBias } from '../nn/linear.ts'
import type { Weights } from '../nn/weight-store.ts'
import { dropped } from './dropout.ts'
import { addProduct, copyOf, without } from './merging.ts'
import { defineTuner, type Pass, type Tensors, type TunerOptions } from './tuner.ts'

/** The thirds of `qkv` that are changed: query and value. */
const targets = [
  ['lora_q', 0],
  ['lora_v', 2],
] as const

/**
 * LoRA (arXiv:2106.09685) on query and value, as on VTAB-1K: q = q + (alpha / r) (u A_q^T) B_q^T and the same
 * for v, before the heads are split; keys stay unchanged. A is `down.weight` [r, C], B is `up.weight` [C, r];
 * no biases. Can be merged into `qkv`.
 */
export const lora = defineTuner({
  name: 'lora',
  summary: 'low-rank changes of query and value, which merge into the weights',
  paper: 'arXiv:2106.09685',
  equation: 'q = q + (alpha / r) u Aq^T Bq^T, v = v + (alpha / r) u Av^T Bv^T',
  trainable: [/\.lora_[qv]\./],
  defaults: { rank: 8, loraAlpha: 8, adapterDropout: 0.1 },
  uses: ['rank', 'loraAlpha', 'adapterDropout'],
  parameterFormula: '4 L D r',
  parameterCount: (config, { rank }) =>
    layersOf(config).reduce((sum, { width }) => sum + 4 * width * rank, 0),
  dropoutSites: ({ rank }) => ({ perLayer: 2, features: () => rank }),
  refuses: ({ rank }) => (rank === 0 ? 'its rank is 0; give 8, for instance' : undefined),
  open: (options, pass) => ({
    hooks: {
      afterLinear(y, x, { name, root, index = 0, sizes }) {
        if (name !== 'attn.qkv') return y
        const own = root.at(`${sizes?.path}.attn`)
        return add(y, mul(change(x, own, { index, options, pass }), scaleOf(options)))
      },
    },
  }),
  merge,
})

const scaleOf = ({ loraAlpha, rank }: TunerOptions): number => loraAlpha / rank

/** The unscaled change of query, key and value: [..., C] -> [..., 3C]. */
function change(
  x: Tensor,
  weights: Weights,
  { index, options, pass }: { index: number; options: TunerOptions; pass: Pass },
): Tensor {
  const [query, value] = targets.map(([name], i) => {
    const inner = linearWithoutBias(x, weights.at(`${name}.down`), options.rank, kaimingUniform)
    const kept = dropped(inner, pass, { layer: index, slot: i })
    return linearWithoutBias(kept, weights.at(`${name}.up`), Number(x.shape.at(-1)), zeros)
  }) as [Tensor, Tensor]
  return concat([query, zerosLike(query), value], query.shape.length - 1)
}

/** Adds s B_q A_q to rows 0 .. C - 1 of `qkv.weight`, and s B_v A_v to rows 2C .. 3C - 1. */
function merge(tensors: Tensors, config: BackboneConfig, options: TunerOptions): Map<string, TensorData> {
  const merged = without(tensors, /\.lora_[qv]\./)
  for (const { path, width } of layersOf(config)) {
    const at = `${path}.attn`
    const weight = copyOf(tensors, `${at}.qkv.weight`)
    for (const [name, third] of targets) {
      const down = tensors.get(`${at}.${name}.down.weight`) as TensorData<'float32'>
      const up = tensors.get(`${at}.${name}.up.weight`) as TensorData<'float32'>
      const place = { row: third * width, column: 0, columns: width }
      addProduct(
        weight.data,
        place,
        { left: up.data, right: down.data, inner: options.rank },
        scaleOf(options),
      )
    }
    merged.set(`${at}.qkv.weight`, weight)
  }
  return merged
}
