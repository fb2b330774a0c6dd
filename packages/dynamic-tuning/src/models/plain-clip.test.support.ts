import type { TensorData } from '@dynamic-tuning/engine'
import {
  plainAdd,
  plainLinear,
  plainNorm,
  plainSoftmax,
  type Rows,
  toRows,
  type Values,
} from '../nn/plain.test.support.ts'
import type { VitModelConfig } from './model-config.ts'
import { type PlainTuning, plainVit } from './vit/plain-vit.test.support.ts'

/**
 * Outputs for a clip [3 * T * H * W], if `frameOf` computes the last layer's tokens of a frame [3 * H * W].
 */
export function plainClipOf<F extends { readonly tokens: Rows }>(
  clip: ArrayLike<number>,
  values: Values,
  config: VitModelConfig,
  frameOf: (image: number[], frame: number) => F,
): { frames: F[]; features: Rows; pooled: number[]; logits: number[] } {
  const frames = framesOf(clip, config).map(frameOf)
  const features = frames.flatMap(({ tokens }) => plainNorm(tokens, values, 'norm', config.layerNormEps))
  return { frames, features, ...plainClipHead(features, values, config) }
}

/** The frames of a clip [3 * T * H * W], [3 * H * W] each. */
export function framesOf(
  clip: ArrayLike<number>,
  { frames: count = 1, imageSize }: VitModelConfig,
): number[][] {
  const area = imageSize[0] * imageSize[1]
  return Array.from({ length: count }, (_, t) => {
    const image: number[] = []
    for (let channel = 0; channel < 3; channel++)
      for (let i = 0; i < area; i++) image.push(clip[(channel * count + t) * area + i] as number)
    return image
  })
}

/** Outputs of the head for all tokens of a clip after the final norm. */
export function plainClipHead(
  features: Rows,
  values: Values,
  { numHeads: heads, layerNormEps: eps }: VitModelConfig,
): { pooled: number[]; logits: number[] } {
  const pooled = plainPooling(features, values, { heads, eps })
  return { pooled, logits: plainLinear([pooled], values, 'head')[0] as number[] }
}

/** A ViT on a clip, with MLP dispatch or plainer tuning, in plain loops and double precision. */
export function plainClip(
  clip: ArrayLike<number>,
  values: Values,
  config: VitModelConfig,
  tuning: PlainTuning = { kind: 'base', adapterScale: 1 },
) {
  return plainClipOf(clip, values, config, (image) => {
    const found = plainVit(image, values, config, tuning)
    return { ...found, tokens: found.blocks.at(-1) as Rows }
  })
}

/** The learned query over all tokens. */
function plainPooling(
  tokens: Rows,
  values: Values,
  { heads, eps }: { heads: number; eps: number },
): number[] {
  const at = 'attentive_blocks'
  const rowsOf = (name: string): Rows => [[...((values.get(name) as TensorData).data as Float32Array)]]
  const mapped = (name: string, x: Rows): Rows =>
    plainLinear(plainNorm(x, values, `${at}.norm_${name}`, eps), values, `${at}.cross_attn.${name}`)
  const biased = (name: string, x: Rows): Rows => {
    const [bias] = rowsOf(`${at}.cross_attn.${name}_bias`) as [number[]]
    return plainAdd(
      mapped(name, x),
      x.map(() => bias),
    )
  }
  const [query] = biased('q', rowsOf('query_token')) as [number[]]
  const [keys, contents] = [mapped('k', tokens), biased('v', tokens)]
  const size = query.length / heads
  const mixed = query.map((_, i) => {
    const first = i - (i % size)
    const scores = keys.map((key) => {
      let product = 0
      for (let j = first; j < first + size; j++) product += (key[j] as number) * (query[j] as number)
      return product / Math.sqrt(size)
    })
    const shares = plainSoftmax(scores)
    return contents.reduce((sum, row, s) => sum + (shares[s] as number) * (row[i] as number), 0)
  })
  return plainLinear([mixed], values, `${at}.cross_attn.proj`)[0] as number[]
}

/** Reorders the frames of a clip [3 * T * H * W]. */
export function reordered(clip: Float32Array, area: number, order: readonly number[]): Float32Array {
  const count = order.length
  const result = new Float32Array(clip.length)
  for (const [channel] of toRows(clip, count * area).entries())
    for (const [to, from] of order.entries()) {
      const start = (channel * count + from) * area
      result.set(clip.subarray(start, start + area), (channel * count + to) * area)
    }
  return result
}
