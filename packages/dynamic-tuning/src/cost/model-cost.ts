import { input } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { vit } from '../models/vit.ts'
import { patchCount, type VitConfig } from '../models/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { type Cost, countCost, symbolsIn } from './count-cost.ts'

/** A model whose cost is asked for. */
export interface ModelCostSettings {
  readonly config: VitConfig
  readonly tuner: Tuner
  /** Default: the method's own. */
  readonly options?: TunerOptions
  /** Share of patch tokens that are active, the same in every layer. Default: the wanted rate of `options`. */
  readonly activeRate?: number
  /** Active patch tokens of each layer, class token excluded; means over a test set may be fractions. */
  readonly activeTokensPerLayer?: readonly number[]
}

/** Parameters and multiply-accumulates of one image. */
export interface ModelCost {
  readonly params: {
    readonly total: number
    /** Everything the method trains: adapters, dispatchers, head. */
    readonly trainable: number
    readonly trainableWithoutHead: number
    /** Trained parameters by module, summed over layers. The paper's tables count `adaptmlp` alone. */
    readonly trainableParts: Readonly<Record<string, number>>
  }
  readonly flops: Cost
}

/**
 * Parameters and FLOPs of a tuned model, both read off its graph; no weights are made. A method that dispatches is counted
 * in its skipping form. Dispatcher logits are counted for the class token too, although its token is always active.
 * @throws ConfigError for a rate outside 0..1, or counts that do not fit the layers
 */
export function modelCost(settings: ModelCostSettings): ModelCost {
  const { config, tuner, options = tuner.defaults } = settings
  const store = new WeightStore({ trainable: [/./] })
  const pass = tuner.open(options, { kind: tuner.dispatches ? 'skip' : 'complete' })
  const { logits } = vit(input('images', ['B', 3, ...config.imageSize]), store, config, pass.hooks)
  const active = activeTokens({ ...settings, options })
  const symbols = Object.fromEntries([...symbolsIn([logits])].map((name) => [name, sizeNamed(name, active)]))
  return { params: countParameters(store.shapes, tuner), flops: countCost([logits], symbols) }
}

function activeTokens(settings: ModelCostSettings & { options: TunerOptions }): readonly number[] {
  const { config, options, activeRate = options.rate, activeTokensPerLayer: counts } = settings
  const tokens = patchCount(config)
  if (counts !== undefined) {
    if (counts.length !== config.depth || counts.some((count) => !(count >= 0 && count <= tokens)))
      throw new ConfigError(
        `cost: active tokens [${counts}] for ${config.depth} layers of ${tokens} patches. Give one count of 0 to ${tokens} per layer.`,
      )
    return counts
  }
  if (!(activeRate >= 0 && activeRate <= 1))
    throw new ConfigError(`cost: active rate ${activeRate}. Give a share from 0 to 1.`)
  return new Array<number>(config.depth).fill(activeRate * tokens)
}

/** One image; `K{i}` rows are computed in layer i: the class token and the active patches. */
function sizeNamed(symbol: string, active: readonly number[]): number {
  if (symbol === 'B') return 1
  const tokens = active[Number(/^K(\d+)$/.exec(symbol)?.[1] ?? -1)]
  if (tokens === undefined)
    throw new ConfigError(`cost: size ${symbol} is not known. This method cannot be counted.`)
  return 1 + tokens
}

function countParameters(shapes: ReadonlyMap<string, readonly number[]>, tuner: Tuner): ModelCost['params'] {
  const trainableParts: Record<string, number> = {}
  let total = 0
  let trainable = 0
  for (const [name, shape] of shapes) {
    const size = shape.reduce((product, dim) => product * dim, 1)
    total += size
    if (!tuner.trainable.some((pattern) => pattern.test(name))) continue
    trainable += size
    const part = name.replace(/^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?/, '').split('.')[0] as string
    trainableParts[part] = (trainableParts[part] ?? 0) + size
  }
  return { total, trainable, trainableWithoutHead: trainable - (trainableParts.head ?? 0), trainableParts }
}
