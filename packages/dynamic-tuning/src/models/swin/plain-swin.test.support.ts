import {
  plainAdapter,
  plainAdd,
  plainLinear,
  plainMlp,
  plainNorm,
  plainSoftmax,
  type Rows,
  type Values,
} from '../../nn/plain.test.support.ts'
import type { SwinModelConfig } from '../model-config.ts'

/**
 * How blocks are changed: `base` not at all, `adapters` beside every MLP, `dispatch` with dispatchers too.
 */
export interface PlainSwinTuning {
  readonly kind: 'base' | 'adapters' | 'dispatch'
  readonly adapterScale: number
  /** Added to dispatcher logits, by block and token. */
  readonly noise?: (block: number, token: number) => number
  /** Replaces the hard mask by a smooth function of the logit, for finite differences. */
  readonly soft?: (logit: number, block: number, token: number) => number
}

/** Outputs for one image. */
export interface PlainSwinOutputs {
  readonly patchEmbed: Rows
  readonly downsamples: Rows[]
  readonly blocks: Rows[]
  readonly features: Rows
  readonly pooled: number[]
  readonly logits: number[]
  /** 0 or 1 by block and token. */
  readonly masks: number[][]
}

/** A Swin in plain loops and double precision, written from the paper's figures without batching windows. */
export function plainSwin(
  image: ArrayLike<number>,
  values: Values,
  config: SwinModelConfig,
  tuning: PlainSwinTuning = { kind: 'base', adapterScale: 1 },
): PlainSwinOutputs {
  const { depths, numHeads, windowSize, layerNormEps: eps } = config
  const patchEmbed = plainPatches(image, values, config)
  const [downsamples, blocks, masks]: [Rows[], Rows[], number[][]] = [[], [], []]
  let [rows, columns] = config.imageSize.map((size) => size / config.patchSize) as [number, number]
  let x = patchEmbed
  for (const [stage, depth] of depths.entries()) {
    if (stage > 0) {
      x = plainMerge(x, values, `layers.${stage}.downsample`, columns, eps)
      downsamples.push(x)
      rows /= 2
      columns /= 2
    }
    for (let block = 0; block < depth; block++) {
      const at = `layers.${stage}.blocks.${block}`
      const axis = (size: number): Axis => {
        const window = Math.min(size, windowSize)
        return { size, window, shift: block % 2 === 1 && size > windowSize ? Math.floor(window / 2) : 0 }
      }
      const normed = plainNorm(x, values, `${at}.norm1`, eps)
      const heads = numHeads[stage] as number
      const u = plainAdd(x, plainWindows(normed, values, `${at}.attn`, heads, [axis(rows), axis(columns)]))
      const { out, mask } = plainDispatchedMlp(u, values, at, eps, blocks.length, tuning)
      x = out
      blocks.push(x)
      masks.push(mask)
    }
  }
  const features = plainNorm(x, values, 'norm', eps)
  const pooled = (features[0] as number[]).map(
    (_, i) => features.reduce((sum, row) => sum + (row[i] as number), 0) / features.length,
  )
  const logits = plainLinear([pooled], values, 'head.fc')[0] as number[]
  return { patchEmbed, downsamples, blocks, features, pooled, logits, masks }
}

/** u + M MLP(LN2(u)) + A(u) and M. */
function plainDispatchedMlp(
  u: Rows,
  values: Values,
  at: string,
  eps: number,
  block: number,
  tuning: PlainSwinTuning,
): { out: Rows; mask: number[] } {
  const mask = u.map((row, token) => {
    if (tuning.kind !== 'dispatch') return 1
    const logit = plainLinear([row], values, `${at}.mlp_token_select.mlp_head`)[0]?.[0] as number
    const noisy = logit + (tuning.noise?.(block, token) ?? 0)
    return tuning.soft ? tuning.soft(noisy, block, token) : noisy > 0 ? 1 : 0
  })
  const inner = plainMlp(plainNorm(u, values, `${at}.norm2`, eps), values, `${at}.mlp`)
  const parts = [u, inner.map((row, token) => row.map((value) => value * (mask[token] as number)))]
  if (tuning.kind !== 'base') parts.push(plainAdapter(u, values, `${at}.adaptmlp`, tuning.adapterScale))
  return { out: plainAdd(...parts), mask }
}

interface Axis {
  readonly size: number
  readonly window: number
  readonly shift: number
}

/** The window of a position on an axis after the roll, its position inside, and its side of the seam. */
function placeOn({ size, window, shift }: Axis, place: number) {
  const rolled = (place - shift + size) % size
  const beyond = place < shift
  return { window: Math.floor(rolled / window), within: rolled % window, beyond }
}

/** Attention of every token to those of its window that are its neighbours in the image. */
function plainWindows(
  x: Rows,
  values: Values,
  name: string,
  heads: number,
  axes: readonly [Axis, Axis],
): Rows {
  const columns = axes[1].size
  const width = (x[0] as number[]).length
  const size = width / heads
  const qkv = plainLinear(x, values, `${name}.qkv`)
  const table = values.get(`${name}.relative_position_bias_table`)?.data as ArrayLike<number>
  const places = x.map((_, token) => {
    const [row, column] = [placeOn(axes[0], Math.floor(token / columns)), placeOn(axes[1], token % columns)]
    return { row, column }
  })
  const mixed = x.map((_, query) => {
    const own = places[query] as (typeof places)[0]
    const keys = [...x.keys()].filter((key) => {
      const other = places[key] as typeof own
      return (['row', 'column'] as const).every(
        (axis) => other[axis].window === own[axis].window && other[axis].beyond === own[axis].beyond,
      )
    })
    return Array.from({ length: heads }, (_, head) => {
      const from = (which: number, token: number): number[] =>
        (qkv[token] as number[]).slice(which * width + head * size, which * width + (head + 1) * size)
      const scores = keys.map((key) => {
        const other = places[key] as typeof own
        const down = own.row.within - other.row.within + axes[0].window - 1
        const right = own.column.within - other.column.within + axes[1].window - 1
        const bias = table[(down * (2 * axes[1].window - 1) + right) * heads + head] as number
        const product = from(0, query).reduce((sum, q, i) => sum + q * (from(1, key)[i] as number), 0)
        return product / Math.sqrt(size) + bias
      })
      const shares = plainSoftmax(scores)
      return Array.from({ length: size }, (_, i) =>
        keys.reduce((sum, key, j) => sum + (shares[j] as number) * (from(2, key)[i] as number), 0),
      )
    }).flat()
  })
  return plainLinear(mixed, values, `${name}.proj`)
}

/** Merges the tokens of a grid `columns` wide, four by four. */
function plainMerge(x: Rows, values: Values, name: string, columns: number, eps: number): Rows {
  const merged: Rows = []
  for (let row = 0; row < x.length / columns; row += 2)
    for (let column = 0; column < columns; column += 2)
      merged.push(
        [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ].flatMap(
          ([down, right]) => x[(row + (down as number)) * columns + column + (right as number)] as number[],
        ),
      )
  return plainLinear(plainNorm(merged, values, `${name}.norm`, eps), values, `${name}.reduction`)
}

function plainPatches(image: ArrayLike<number>, values: Values, config: SwinModelConfig): Rows {
  const { patchSize: size, imageSize } = config
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
  const embedded = plainLinear(patches, values, 'patch_embed.proj')
  return plainNorm(embedded, values, 'patch_embed.norm', config.layerNormEps)
}
