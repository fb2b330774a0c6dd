import {
  type PlainBias,
  plainAdapter,
  plainAdd,
  plainAttention,
  plainLinear,
  plainMlp,
  plainNorm,
  plainScale,
  type Rows,
  toRows,
  type Values,
} from '../../nn/plain.test.support.ts'
import type { VitModelConfig } from '../model-config.ts'

/**
 * How layers are changed: `base` not at all, `adapters` beside every MLP, `dispatch` with dispatchers too.
 */
export interface PlainTuning {
  readonly kind: 'base' | 'adapters' | 'dispatch'
  readonly adapterScale: number
  /** Added to dispatcher logits, by layer and patch token. */
  readonly noise?: (layer: number, token: number) => number
  /** Changes the input of a layer. */
  readonly enter?: (x: Rows, layer: number) => Rows
  /** Output of a branch parallel to a part, with these normed tokens as input. */
  readonly bypass?: (normed: Rows, part: 'attn' | 'mlp', layer: number) => Rows
}

/** Outputs for one image. */
export interface PlainOutputs {
  readonly blocks: Rows[]
  readonly logits: number[]
  /** 0 or 1 by layer and patch token. */
  readonly masks: number[][]
  /** Dispatcher logits without noise, by layer and patch token. */
  readonly gateLogits: number[][]
}

/** A ViT and its tuning in plain loops and double precision. image: [3 * H * W]. */
export function plainVit(
  image: ArrayLike<number>,
  values: Values,
  config: VitModelConfig,
  tuning: PlainTuning = { kind: 'base', adapterScale: 1 },
): PlainOutputs {
  const { depth, numHeads, layerNormEps: eps, regTokens = 0 } = config
  const prefix = 1 + regTokens
  let x = plainEmbed(image, values, config)
  const blocks: Rows[] = []
  const masks: number[][] = []
  const gateLogits: number[][] = []
  for (let i = 0; i < depth; i++) {
    const at = `blocks.${i}`
    x = tuning.enter?.(x, i) ?? x
    const normed = plainNorm(x, values, `${at}.norm1`, eps)
    const around = tuning.bypass ? [tuning.bypass(normed, 'attn', i)] : []
    const bias = plainBias(values, `${at}.attn`, config, normed.length)
    const attended = plainAttention(normed, values, `${at}.attn`, numHeads, undefined, undefined, bias)
    const u = plainAdd(x, plainLayerScale(attended, values, `${at}.ls1`, config), ...around)
    const gates = tuning.kind === 'dispatch' ? u.map((row) => logitOf(row, values, at)) : []
    const drawn = (token: number): number => (gates[token] ?? 1) + (tuning.noise?.(i, token - prefix) ?? 0)
    const mask = u.map((_, token) => (token < prefix || drawn(token) > 0 ? 1 : 0))
    const again = plainNorm(u, values, `${at}.norm2`, eps)
    const block = plainLayerScale(plainMlp(again, values, `${at}.mlp`), values, `${at}.ls2`, config)
    const parts = [
      ...(tuning.bypass ? [tuning.bypass(again, 'mlp', i)] : []),
      u,
      block.map((row, token) => row.map((value) => value * (mask[token] as number))),
    ]
    if (tuning.kind !== 'base') parts.push(plainAdapter(u, values, `${at}.adaptmlp`, tuning.adapterScale))
    x = plainAdd(...parts)
    blocks.push(x)
    masks.push(mask.slice(prefix))
    gateLogits.push(gates.slice(prefix))
  }
  return {
    blocks,
    masks,
    gateLogits,
    logits: plainLogits(x, values, config),
  }
}

/** The bias of two tokens of T by their distance in the grid; none if the model has no tables. */
export function plainBias(
  values: Values,
  name: string,
  { imageSize, patchSize, numHeads, relativePositionBias }: VitModelConfig,
  tokens: number,
): PlainBias | undefined {
  if (!relativePositionBias) return undefined
  const table = values.get(`${name}.relative_position_bias_table`)?.data as Float32Array
  const [rows, columns] = imageSize.map((size) => size / patchSize) as [number, number]
  const distances = new Map<string, number>()
  for (let down = 1 - rows; down < rows; down++)
    for (let right = 1 - columns; right < columns; right++) distances.set(`${down} ${right}`, distances.size)
  const first = tokens - rows * columns
  const place = (token: number): [number, number] => [
    Math.floor((token - first) / columns),
    (token - first) % columns,
  ]
  return (head, query, key) => {
    const [q, k] = [place(query), place(key)]
    const ofPatches = distances.get(`${q[0] - k[0]} ${q[1] - k[1]}`)
    const ofClass = distances.size + (query < first && key < first ? 2 : query < first ? 0 : 1)
    const row = query < first || key < first ? ofClass : (ofPatches as number)
    return table[row * numHeads + head] as number
  }
}

/** Logits from the tokens after the last layer. */
export function plainLogits(x: Rows, values: Values, config: VitModelConfig): number[] {
  return plainLinear([plainPool(x, values, config)], values, 'head')[0] as number[]
}

/** Rows times the layer scale `name`, if the model has one. */
export function plainLayerScale(x: Rows, values: Values, name: string, { initValues }: VitModelConfig): Rows {
  return initValues === undefined ? x : plainScale(x, values, name)
}

function logitOf(row: number[], values: Values, at: string): number {
  return plainLinear([row], values, `${at}.mlp_token_select.mlp_head`)[0]?.[0] as number
}

/** Input of the first layer: class token, registers, patches. image: [3 * H * W]. */
export function plainEmbed(image: ArrayLike<number>, values: Values, config: VitModelConfig): Rows {
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
  const rowsOf = (name: string): Rows => toRows(values.get(name)?.data as Float32Array, embedDim)
  const [classToken, positions] = [rowsOf('cls_token'), rowsOf('pos_embed')]
  const embedded = plainLinear(patches, values, 'patch_embed.proj')
  const [first, ...rest] = config.noEmbedClass
    ? [...classToken, ...plainAdd(embedded, positions)]
    : plainAdd([...classToken, ...embedded], positions)
  return [first as number[], ...(config.regTokens ? rowsOf('reg_token') : []), ...rest]
}

/** Input of the head's linear map. */
export function plainPool(x: Rows, values: Values, config: VitModelConfig): number[] {
  const { globalPool, layerNormEps, regTokens = 0 } = config
  const meanOf = (rows: Rows): number[] => {
    const patches = rows.slice(1 + regTokens)
    return (rows[0] as number[]).map(
      (_, i) => patches.reduce((sum, row) => sum + (row[i] as number), 0) / patches.length,
    )
  }
  if (globalPool === 'avg') return plainNorm([meanOf(x)], values, 'fc_norm', layerNormEps)[0] as number[]
  const features = plainNorm(x, values, 'norm', layerNormEps)
  const first = features[0] as number[]
  return globalPool === 'token' ? first : [...first, ...meanOf(features)]
}
