import type { VitModelConfig } from '../models/model-config.ts'
import { plainBias, plainEmbed, plainLayerScale, plainPool } from '../models/vit/plain-vit.test.support.ts'
import { prefixTokens } from '../models/vit/vit-config.ts'
import {
  plainAdapter,
  plainAdd,
  plainAttention,
  plainLinear,
  plainMlp,
  plainNorm,
  plainSoftmax,
  type Rows,
  type Values,
} from '../nn/plain.test.support.ts'
import { dispatchedParts, type Part } from './parts.ts'
import type { TunerOptions } from './tuner.ts'

/** Decisions of one gate on one image: N tokens, or 1. */
export interface PlainGate {
  /** Bare logits. */
  readonly logits: readonly number[]
  /** Sigmoid of logit and noise over temperature. */
  readonly soft: readonly number[]
  /** 0 or 1. */
  readonly hard: readonly number[]
}

/** How a forward pass in plain loops is meant. */
export interface PlainPass {
  /** Every gate open. */
  readonly complete?: boolean
  /** G1 - G2, by gate and decision. */
  readonly noise?: readonly (readonly number[])[]
  /**
   * Decisions to keep fixed; the mask is then hard + (soft - soft kept), which
   * has the straight-through slope.
   */
  readonly kept?: readonly PlainGate[]
}

interface State {
  readonly values: Values
  readonly config: VitModelConfig
  readonly options: TunerOptions
  readonly pass: PlainPass
  readonly gates: PlainGate[]
}

/**
 * A dispatched ViT with adapters (any variant, level, experts) for one image, in
 * plain loops and double precision.
 */
export function plainDispatch(
  image: ArrayLike<number>,
  values: Values,
  config: VitModelConfig,
  options: TunerOptions,
  pass: PlainPass = {},
): { readonly tokens: Rows; readonly logits: number[]; readonly gates: readonly PlainGate[] } {
  const state: State = { values, config, options, pass, gates: [] }
  let x = plainEmbed(image, values, config)
  for (let layer = 0; layer < config.depth; layer++) x = plainLayer(x, layer, state)
  const logits = plainLinear([plainPool(x, values, config)], values, 'head')[0] as number[]
  return { tokens: x, logits, gates: state.gates }
}

function plainLayer(x: Rows, layer: number, state: State): Rows {
  const { options } = state
  const attend = (t: Rows, active?: boolean[]): Rows => attention(t, layer, state, active)
  const think = (t: Rows): Rows => mlp(t, layer, state)
  if (options.dispatch === 'layer')
    return through(x, layer, 'layer', state, (t, active) => {
      const a = attend(t, active)
      return plainAdd(a, think(plainAdd(t, a)))
    })
  const u = through(x, layer, 'attn', state, attend)
  return through(u, layer, 'mlp', state, think)
}

/** x + M Block(x) + A(x) where the part is dispatched, x + Block(x) elsewhere. */
function through(
  x: Rows,
  layer: number,
  part: Part,
  state: State,
  block: (t: Rows, active?: boolean[]) => Rows,
): Rows {
  const { options, values } = state
  const parts: readonly Part[] = dispatchedParts[options.dispatch]
  if (!parts.includes(part)) return plainAdd(x, block(x))
  const adapted = plainAdapters(x, values, `blocks.${layer}.adapt${part}`, options)
  const gated = !state.pass.complete && (options.dispatchLayers?.includes(layer) ?? true)
  if (!gated) return plainAdd(x, block(x), adapted)
  const { mask, active } = decide(x, layer, part, state)
  const rows = block(x, options.dispatchLevel === 'token' ? active : undefined)
  const masked = rows.map((row, token) => row.map((value) => value * (mask[token] as number)))
  return plainAdd(x, masked, adapted)
}

/** Mask of every token, and which are keys. */
function decide(x: Rows, layer: number, part: Part, { values, config, options, pass, gates }: State) {
  const prefix = prefixTokens(config)
  const patches = x.slice(prefix)
  const mean = (patches[0] as number[]).map((_, i) => average(patches.map((row) => row[i] as number)))
  const read = options.dispatchLevel === 'token' ? patches : [mean]
  const name = `blocks.${layer}.${part}_token_select.mlp_head`
  const logits = plainLinear(read, values, name).map((row) => row[0] as number)
  const noise = pass.noise?.[gates.length]
  const noisy = logits.map((logit, i) => logit + (noise?.[i] ?? 0))
  const soft = noisy.map((value) => 1 / (1 + Math.exp(noise ? -value / options.temperature : -value)))
  const kept = pass.kept?.[gates.length]
  const hard = kept?.hard ?? noisy.map((value) => Number(value > 0))
  gates.push({ logits, soft, hard })
  const smooth = hard.map((value, i) =>
    kept ? value + (soft[i] as number) - (kept.soft[i] as number) : value,
  )
  const before = x.slice(0, prefix)
  const all =
    options.dispatchLevel === 'token' ? [...before.map(() => 1), ...smooth] : x.map(() => smooth[0] as number)
  return { mask: all, active: [...before.map(() => true), ...hard.map(Boolean)] }
}

function attention(x: Rows, layer: number, { values, config }: State, active?: boolean[]): Rows {
  const at = `blocks.${layer}`
  const normed = plainNorm(x, values, `${at}.norm1`, config.layerNormEps)
  const bias = plainBias(values, `${at}.attn`, config, x.length)
  const attended = plainAttention(normed, values, `${at}.attn`, config.numHeads, active, undefined, bias)
  return plainLayerScale(attended, values, `${at}.ls1`, config)
}

function mlp(x: Rows, layer: number, { values, config }: State): Rows {
  const at = `blocks.${layer}`
  const inner = plainMlp(plainNorm(x, values, `${at}.norm2`, config.layerNormEps), values, `${at}.mlp`)
  return plainLayerScale(inner, values, `${at}.ls2`, config)
}

/** One adapter, or one merged from experts by the router's weights. */
function plainAdapters(x: Rows, values: Values, name: string, options: TunerOptions): Rows {
  const scale = options.learnableScale
    ? (values.get(`${name}.scale`)?.data[0] as number)
    : options.adapterScale
  if (options.experts === 1) return plainAdapter(x, values, name, scale)
  const mean = (x[0] as number[]).map((_, i) => average(x.map((row) => row[i] as number)))
  const raw = plainLinear([mean], values, `${name}.router`)[0] as number[]
  const shares = options.router === 'softmax' ? plainSoftmax(raw) : raw
  const merged = new Map(
    ['down_proj.weight', 'down_proj.bias', 'up_proj.weight', 'up_proj.bias'].map((weight) => {
      const experts = shares.map((_, e) => values.get(`${name}.experts.${e}.${weight}`)?.data as Float32Array)
      const data = Float64Array.from(experts[0] as Float32Array, (_, i) =>
        shares.reduce((sum, share, e) => sum + share * (experts[e]?.[i] as number), 0),
      )
      return [`${name}.${weight}`, { dtype: 'float64', shape: [data.length], data } as const]
    }),
  )
  return plainAdapter(x, merged, name, scale)
}

const average = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length
