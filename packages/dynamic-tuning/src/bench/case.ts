import { type Precision, precisions } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { type ReductionOptions, reductionOptions } from '../reduction/options.ts'
import { checkFinetune } from '../run/settings/check-finetune.ts'
import { tunerNamed } from '../tuners/registry.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'

/** A method to measure and its settings. */
export interface BenchCase {
  /** The text it was parsed from. */
  readonly name: string
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly reduction: ReductionOptions
  /** Share of patch tokens that its random dispatchers let through. */
  readonly active: number
  readonly precision: Precision
  /** True if its training step recomputes layers in the backward pass. */
  readonly recompute: boolean
}

/**
 * Parses `METHOD:SETTING=VALUE:...`, such as `dyt`, `dyt:dispatch=attention:active=0.7` or
 * `dyt:reduction=tome:tomeR=8`. SETTING is `active`, `precision`, or any setting of `finetune` for
 * methods and reductions. Defaults come from `shared`.
 * @throws ConfigError for unknown methods and settings
 */
export function benchCase(
  spelling: string,
  shared: Pick<BenchCase, 'active'> & { readonly bottleneck: number; readonly precision?: Precision },
): BenchCase {
  const [method = '', ...words] = spelling.split(':')
  const tuner = tunerNamed(method)
  const { active = shared.active, ...others } = ownOf(words)
  const { precision = shared.precision ?? 'fp32', ...given } = others
  if (!isPrecision(precision))
    throw new ConfigError(`bench: precision is ${precision} in ${spelling}. Give ${precisions.join(', ')}.`)
  if (typeof active !== 'number' || !(active >= 0 && active <= 1))
    throw new ConfigError(`bench: active is ${active} in ${spelling}. Give a share from 0 to 1.`)
  const { data: _data, method: _method, ...own } = checkFinetune({ data: 'random', method, ...given })
  const adapters = tuner.defaults.bottleneck > 0 && { bottleneck: shared.bottleneck }
  const options: TunerOptions = { ...tuner.defaults, ...adapters, ...(own as Partial<TunerOptions>) }
  const reduction = reductionOptions(own)
  const rated = { ...options, rate: active || options.rate }
  const how = { active, precision, recompute: own.recompute ?? false }
  return { name: spelling, tuner, options: rated, reduction, ...how }
}

interface Own {
  readonly active?: unknown
  readonly precision?: unknown
}

function ownOf(words: readonly string[]): Own {
  return Object.fromEntries(words.map(setting))
}

function isPrecision(value: unknown): value is Precision {
  return precisions.some((each) => each === value)
}

function setting(word: string): [string, unknown] {
  const [, key, text] = /^([^=]+)=(.+)$/.exec(word) ?? []
  if (key === undefined || text === undefined)
    throw new ConfigError(
      `bench: "${word}" is no setting. Spell cases like dyt:dispatch=attention:active=0.7.`,
    )
  const value = Number(text)
  if (Number.isFinite(value)) return [key, value]
  return [key, text === 'true' ? true : text === 'false' ? false : text]
}
