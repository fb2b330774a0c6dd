import type { VitModelConfig } from '../models/model-config.ts'
import { plainEmbed, plainPool } from '../models/vit/plain-vit.test.support.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import {
  erf,
  plainAdapter,
  plainAdd,
  plainLinear,
  plainMlp,
  plainNorm,
  plainSoftmax,
  type Rows,
  type Values,
} from '../nn/plain.test.support.ts'
import type { ReductionOptions } from './options.ts'

/** What runs beside the reduction, and how. */
export interface PlainCase {
  readonly options: ReductionOptions
  /** Factor of an adapter beside every MLP; absent: none. */
  readonly adapterScale?: number
  /** True if dispatchers decide on the tokens of every MLP. */
  readonly dispatch?: boolean
  /** DynamicViT as it is trained: G1 - G2 by predictor and patch. */
  readonly noise?: (stage: number, patch: number) => number
}

/** What one image gives. */
export interface PlainReduced {
  readonly logits: number[]
  /** Tokens that entered each MLP. */
  readonly tokens: number[]
  /** 0 or 1 by layer and patch of the image, where tokens are dispatched. */
  readonly masks: number[][]
}

type Weigh = (scores: number[], query: number) => number[]

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const rising = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/**
 * Attention with weights computed by `weigh`; also returns the keys, and each
 * head's weights of the class token.
 */
function attend(x: Rows, values: Values, at: string, heads: number, weigh: Weigh) {
  const qkv = plainLinear(x, values, `${at}.qkv`)
  const width = (x[0] as number[]).length
  const size = width / heads
  const part = (token: number, which: number, head: number): number[] =>
    (qkv[token] as number[]).slice(which * width + head * size, which * width + (head + 1) * size)
  const dot = (a: number[], b: number[]): number => sum(a.map((value, i) => value * (b[i] as number)))
  const shares = rising(heads).map((head) =>
    x.map((_, i) =>
      weigh(
        x.map((_, j) => dot(part(i, 0, head), part(j, 1, head)) / Math.sqrt(size)),
        i,
      ),
    ),
  )
  const mixed = x.map((_, i) =>
    rising(heads).flatMap((head) =>
      rising(size).map((d) =>
        sum(x.map((_, j) => (shares[head]?.[i]?.[j] as number) * (part(j, 2, head)[d] as number))),
      ),
    ),
  )
  const keys = x.map((_, j) =>
    rising(size).map((d) => sum(rising(heads).map((head) => part(j, 1, head)[d] as number)) / heads),
  )
  const classShares = x.map((_, j) => sum(shares.map((rows) => rows[0]?.[j] as number)) / heads)
  return { output: plainLinear(mixed, values, `${at}.proj`), keys, classShares }
}

interface State {
  x: Rows
  /** How many patches each token stands for, where tokens merge. */
  sizes: number[] | undefined
  /** The token each original one is part of. */
  places: number[]
  /** Kept patches while training. */
  kept: number[] | undefined
}

/** A ViT under a token reduction, in plain loops and double precision. */
export function plainReduced(
  image: ArrayLike<number>,
  values: Values,
  config: VitModelConfig,
  wanted: PlainCase,
): PlainReduced {
  const { options } = wanted
  const x = plainEmbed(image, values, config)
  const state: State = { x, sizes: undefined, places: rising(x.length), kept: undefined }
  const tokens: number[] = []
  const masks: number[][] = []
  for (let layer = 0; layer < config.depth; layer++) {
    const at = `blocks.${layer}`
    if (options.reduction === 'dynamicvit') predict(state, layer, values, config, wanted)
    const normed = plainNorm(state.x, values, `${at}.norm1`, config.layerNormEps)
    const attended = attend(normed, values, `${at}.attn`, config.numHeads, weighing(state, wanted))
    state.x = plainAdd(state.x, attended.output)
    if (options.reduction === 'tome') merge(state, attended.keys, mergesWanted(options, layer))
    if (options.reduction === 'evit') reorganise(state, attended.classShares, layer, options)
    const u = state.x
    tokens.push(u.length)
    const gates = wanted.dispatch ? plainLinear(u, values, `${at}.mlp_token_select.mlp_head`) : undefined
    const active = u.map((_, token) => (token === 0 || (gates?.[token]?.[0] ?? 1) > 0 ? 1 : 0))
    masks.push(state.places.slice(1).map((place) => active[place] as number))
    const block = plainMlp(plainNorm(u, values, `${at}.norm2`, config.layerNormEps), values, `${at}.mlp`)
    const parts = [u, block.map((row, token) => row.map((value) => value * (active[token] as number)))]
    if (wanted.adapterScale !== undefined)
      parts.push(plainAdapter(u, values, `${at}.adaptmlp`, wanted.adapterScale))
    state.x = plainAdd(...parts)
  }
  const pooled = plainPool(state.x, values, config)
  return { tokens, masks, logits: plainLinear([pooled], values, 'head')[0] as number[] }
}

function weighing({ sizes, kept }: State, { options, noise }: PlainCase): Weigh {
  if (options.reduction === 'dynamicvit' && noise)
    return (scores, query) => {
      const largest = Math.max(...scores)
      const seen = scores.map((score, j) => {
        const policy = j === 0 || j === query ? 1 : (kept?.[j - 1] ?? 1)
        return Math.exp(score - largest) * policy
      })
      return seen.map((value) => (value + 1e-6 / scores.length) / (sum(seen) + 1e-6))
    }
  if (!options.tomeProportional || sizes === undefined) return plainSoftmax
  return (scores) => plainSoftmax(scores.map((score, j) => score + Math.log(sizes[j] as number)))
}

function mergesWanted({ tomeR }: ReductionOptions, layer: number): number {
  return typeof tomeR === 'number' ? tomeR : (tomeR[layer] ?? 0)
}

function merge(state: State, keys: Rows, wanted: number): void {
  const count = Math.min(wanted, Math.floor((keys.length - 1) / 2))
  if (count === 0) return
  const norm = (key: number[]): number => Math.sqrt(sum(key.map((value) => value * value)))
  const cosine = (a: number[], b: number[]): number =>
    sum(a.map((value, i) => value * (b[i] as number))) / norm(a) / norm(b)
  const sources = rising(keys.length).filter((token) => token % 2 === 0 && token > 0)
  const targets = rising(keys.length).filter((token) => token % 2 === 1)
  const matches = sources
    .map((source) => {
      const all = targets.map((target) => cosine(keys[source] as number[], keys[target] as number[]))
      const best = Math.max(...all)
      return { source, best, target: targets[all.indexOf(best)] as number }
    })
    .sort((a, b) => b.best - a.best)
    .slice(0, count)
  const gone = new Map(matches.map(({ source, target }) => [source, target]))
  const order = [...[0, ...sources].filter((token) => !gone.has(token)), ...targets]
  const sizes = state.sizes ?? keys.map(() => 1)
  const members = order.map((token) => [token, ...sources.filter((source) => gone.get(source) === token)])
  state.x = members.map((own) => {
    const total = sum(own.map((token) => sizes[token] as number))
    return (state.x[0] as number[]).map((_, c) =>
      sum(own.map((token) => ((sizes[token] as number) * (state.x[token]?.[c] as number)) / total)),
    )
  })
  state.sizes = members.map((own) => sum(own.map((token) => sizes[token] as number)))
  state.places = state.places.map((place) => members.findIndex((own) => own.includes(place)))
}

function reorganise(state: State, classShares: number[], layer: number, options: ReductionOptions): void {
  const stage = options.reductionLayers?.indexOf(layer) ?? -1
  const rate = typeof options.keepRate === 'number' ? options.keepRate : (options.keepRate[stage] ?? 1)
  const others = classShares.length - 1
  const count = Math.ceil(rate * others)
  if (stage < 0 || count >= others) return
  const order = rising(others).sort((a, b) => (classShares[b + 1] as number) - (classShares[a + 1] as number))
  const row = (patch: number): number[] => state.x[patch + 1] as number[]
  const fused = (state.x[0] as number[]).map((_, c) =>
    sum(order.slice(count).map((patch) => (classShares[patch + 1] as number) * (row(patch)[c] as number))),
  )
  const rest = options.evitFuse ? [fused] : []
  state.x = [state.x[0] as number[], ...order.slice(0, count).map(row), ...rest]
}

function predict(
  state: State,
  layer: number,
  values: Values,
  config: VitModelConfig,
  wanted: PlainCase,
): void {
  const { options, noise } = wanted
  const stage = options.reductionLayers?.indexOf(layer) ?? -1
  if (stage < 0) return
  const patches = state.x.slice(1)
  const logs = keepScores(patches, state.kept ?? patches.map(() => 1), values, `predictor.${stage}`)
  if (noise) {
    state.kept = logs.map(([keep, drop], i) =>
      (state.kept?.[i] ?? 1) === 1 && (keep as number) - (drop as number) + noise(stage, i) > 0 ? 1 : 0,
    )
    return
  }
  const { keepRate } = options
  const rate = typeof keepRate === 'number' ? keepRate ** (stage + 1) : (keepRate[stage] as number)
  const count = Math.floor(patchCount(config) * rate)
  const order = rising(patches.length).sort((a, b) => (logs[b]?.[0] as number) - (logs[a]?.[0] as number))
  state.x = [state.x[0] as number[], ...order.slice(0, count).map((patch) => patches[patch] as number[])]
}

const gelu = (x: Rows): Rows => x.map((row) => row.map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2))))

function keepScores(z: Rows, kept: number[], values: Values, at: string): Rows {
  const inner = gelu(plainLinear(plainNorm(z, values, `${at}.norm`, 1e-5), values, `${at}.fc_in`))
  const half = (z[0] as number[]).length / 2
  const count = sum(kept) || 1
  const shared = rising(half).map(
    (c) => sum(inner.map((row, i) => (row[half + c] as number) * (kept[i] as number))) / count,
  )
  const joined = inner.map((row) => [...row.slice(0, half), ...shared])
  const first = gelu(plainLinear(joined, values, `${at}.fc_mid`))
  const second = gelu(plainLinear(first, values, `${at}.fc_mid2`))
  return plainLinear(second, values, `${at}.fc_out`).map((row) => plainSoftmax(row).map(Math.log))
}
