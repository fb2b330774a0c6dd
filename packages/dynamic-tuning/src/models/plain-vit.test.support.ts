import {
  plainAdapter,
  plainAdd,
  plainAttention,
  plainLinear,
  plainMlp,
  plainNorm,
  type Rows,
  toRows,
  type Values,
} from '../nn/plain.test.support.ts'
import type { VitConfig } from './vit-config.ts'

/** How layers are changed: `base` not at all, `adapters` beside every MLP, `dispatch` with dispatchers too. */
export interface PlainTuning {
  readonly kind: 'base' | 'adapters' | 'dispatch'
  readonly adapterScale: number
  /** Added to dispatcher logits, by layer and patch token. */
  readonly noise?: (layer: number, token: number) => number
  /** Changes the tokens that enter a layer. */
  readonly enter?: (x: Rows, layer: number) => Rows
  /** What is added beside a part that reads these normed tokens. */
  readonly bypass?: (normed: Rows, part: 'attn' | 'mlp', layer: number) => Rows
}

/** What one image gives. */
export interface PlainOutputs {
  readonly blocks: Rows[]
  readonly logits: number[]
  /** 0 or 1 by layer and patch token. */
  readonly masks: number[][]
  /** Bare dispatcher logits by layer and patch token. */
  readonly gateLogits: number[][]
}

/** A ViT and its tuning in plain loops and double precision. image: [3 * H * W]. */
export function plainVit(
  image: ArrayLike<number>,
  values: Values,
  config: VitConfig,
  tuning: PlainTuning = { kind: 'base', adapterScale: 1 },
): PlainOutputs {
  const { depth, numHeads, layerNormEps: eps } = config
  let x = plainEmbed(image, values, config)
  const blocks: Rows[] = []
  const masks: number[][] = []
  const gateLogits: number[][] = []
  for (let i = 0; i < depth; i++) {
    const at = `blocks.${i}`
    x = tuning.enter?.(x, i) ?? x
    const normed = plainNorm(x, values, `${at}.norm1`, eps)
    const around = tuning.bypass ? [tuning.bypass(normed, 'attn', i)] : []
    const u = plainAdd(x, plainAttention(normed, values, `${at}.attn`, numHeads), ...around)
    const gates = tuning.kind === 'dispatch' ? u.map((row) => logitOf(row, values, at)) : []
    const drawn = (token: number): number => (gates[token] ?? 1) + (tuning.noise?.(i, token - 1) ?? 0)
    const mask = u.map((_, token) => (token === 0 || drawn(token) > 0 ? 1 : 0))
    const again = plainNorm(u, values, `${at}.norm2`, eps)
    const block = plainMlp(again, values, `${at}.mlp`)
    const parts = [
      ...(tuning.bypass ? [tuning.bypass(again, 'mlp', i)] : []),
      u,
      block.map((row, token) => row.map((value) => value * (mask[token] as number))),
    ]
    if (tuning.kind !== 'base') parts.push(plainAdapter(u, values, `${at}.adaptmlp`, tuning.adapterScale))
    x = plainAdd(...parts)
    blocks.push(x)
    masks.push(mask.slice(1))
    gateLogits.push(gates.slice(1))
  }
  return {
    blocks,
    masks,
    gateLogits,
    logits: plainLinear([pool(x, values, config)], values, 'head')[0] as number[],
  }
}

function logitOf(row: number[], values: Values, at: string): number {
  return plainLinear([row], values, `${at}.mlp_token_select.mlp_head`)[0]?.[0] as number
}

function plainEmbed(image: ArrayLike<number>, values: Values, config: VitConfig): Rows {
  const { patchSize: size, embedDim, imageSize } = config
  const [height, width] = imageSize
  const patches: Rows = []
  for (let top = 0; top < height; top += size)
    for (let left = 0; left < width; left += size) {
      const patch: number[] = []
      for (let channel = 0; channel < 3; channel++)
        for (let y = 0; y < size; y++)
          for (let x = 0; x < size; x++)
            patch.push(image[(channel * height + top + y) * width + left + x] as number)
      patches.push(patch)
    }
  const classToken = toRows(values.get('cls_token')?.data as Float32Array, embedDim)
  const positions = toRows(values.get('pos_embed')?.data as Float32Array, embedDim)
  return plainAdd([...classToken, ...plainLinear(patches, values, 'patch_embed.proj')], positions)
}

function pool(x: Rows, values: Values, { globalPool, layerNormEps }: VitConfig): number[] {
  if (globalPool === 'token') return plainNorm(x, values, 'norm', layerNormEps)[0] as number[]
  const mean = (x[0] as number[]).map(
    (_, i) => x.slice(1).reduce((sum, row) => sum + (row[i] as number), 0) / (x.length - 1),
  )
  return plainNorm([mean], values, 'fc_norm', layerNormEps)[0] as number[]
}
