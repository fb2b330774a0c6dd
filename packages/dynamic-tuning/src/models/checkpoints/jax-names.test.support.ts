import type { TensorData } from '@dynamic-tuning/engine'
import type { VitModelConfig } from '../model-config.ts'

/**
 * Converts weights under timm names to the layout of google-research/vision_transformer, in plain loops:
 * kernels [in, out], heads on an axis of their own, patches HWIO. `place` has the module numbers, of this
 * or of big_vision.
 */
export function toJaxNames(
  timm: ReadonlyMap<string, TensorData>,
  { embedDim: width, numHeads: heads }: VitModelConfig,
  place: { norms: readonly [number, number]; attention: number; mlp: number } = original,
): Map<string, TensorData> {
  const size = width / heads
  const renamed = new Map<string, TensorData>()
  const set = (name: string, shape: readonly number[], at: (...index: number[]) => number): void => {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1))
    for (let i = 0; i < data.length; i++) data[i] = at(...indexOf(i, shape))
    renamed.set(name, { dtype: 'float32', shape, data })
  }
  for (const [name, { shape, data }] of timm) {
    const values = data as Float32Array
    const [rows = 0, columns = 1] = shape
    const matrix = (target: string): void =>
      set(target, [columns, rows], (i, o) => values[o * columns + i] as number)
    const copy = (target: string): void => void renamed.set(target, { dtype: 'float32', shape, data })
    const [, index, part = ''] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? []
    const at = `Transformer/encoderblock_${index}`
    const attention = `${at}/MultiHeadDotProductAttention_${place.attention}`
    const mlp = `${at}/MlpBlock_${place.mlp}`
    const named: Readonly<Record<string, () => void>> = {
      cls_token: () => copy('cls'),
      pos_embed: () => copy('Transformer/posembed_input/pos_embedding'),
      'patch_embed.proj.weight': () => {
        const [o, i, h, w] = shape as [number, number, number, number]
        set('embedding/kernel', [h, w, i, o], (y, x, c, f) => values[((f * i + c) * h + y) * w + x] as number)
      },
      'patch_embed.proj.bias': () => copy('embedding/bias'),
      'norm.weight': () => copy('Transformer/encoder_norm/scale'),
      'norm.bias': () => copy('Transformer/encoder_norm/bias'),
      'head.weight': () => matrix('head/kernel'),
      'head.bias': () => copy('head/bias'),
      'norm1.weight': () => copy(`${at}/LayerNorm_${place.norms[0]}/scale`),
      'norm1.bias': () => copy(`${at}/LayerNorm_${place.norms[0]}/bias`),
      'norm2.weight': () => copy(`${at}/LayerNorm_${place.norms[1]}/scale`),
      'norm2.bias': () => copy(`${at}/LayerNorm_${place.norms[1]}/bias`),
      'attn.qkv.weight': () => {
        for (const [k, kind] of ['query', 'key', 'value'].entries())
          set(
            `${attention}/${kind}/kernel`,
            [width, heads, size],
            (c, h, d) => values[(k * width + h * size + d) * width + c] as number,
          )
      },
      'attn.qkv.bias': () => {
        for (const [k, kind] of ['query', 'key', 'value'].entries())
          set(
            `${attention}/${kind}/bias`,
            [heads, size],
            (h, d) => values[k * width + h * size + d] as number,
          )
      },
      'attn.proj.weight': () =>
        set(
          `${attention}/out/kernel`,
          [heads, size, width],
          (h, d, o) => values[o * width + h * size + d] as number,
        ),
      'attn.proj.bias': () => copy(`${attention}/out/bias`),
      'mlp.fc1.weight': () => matrix(`${mlp}/Dense_0/kernel`),
      'mlp.fc1.bias': () => copy(`${mlp}/Dense_0/bias`),
      'mlp.fc2.weight': () => matrix(`${mlp}/Dense_1/kernel`),
      'mlp.fc2.bias': () => copy(`${mlp}/Dense_1/bias`),
    }
    named[part || name]?.()
  }
  return renamed
}

/** Module numbers in google-research/vision_transformer: dropouts count too. */
const original = { norms: [0, 2], attention: 1, mlp: 3 } as const

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    index.unshift(rest % (shape[axis] as number))
    rest = Math.floor(rest / (shape[axis] as number))
  }
  return index
}
