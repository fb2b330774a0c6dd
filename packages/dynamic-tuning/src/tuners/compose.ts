import { add, type Tensor } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import type { ModelHooks } from '../models/hooks.ts'
import { plainOptions, type TunerOptions } from './options.ts'
import type { Pass, Tuner, TunerPass } from './tuner.ts'
import { defineTuner } from './tuner.ts'

/** Methods that cannot be combined with others, and why. */
const alone: Readonly<Record<string, string>> = {
  linear: 'every method trains the head already',
  full: 'it trains every weight already',
  'dynamic-full': 'it trains every weight already',
  'res-tuning': 'no gradient passes through the layers that the other method changes',
  noah: 'it is a combination already',
}

/**
 * Combines several methods into one, such as `lora+adaptformer`. Their hooks run one after another
 * in this order; what they add parallel to a part is summed. If several methods read a setting, it
 * has the first method's default.
 * @throws ConfigError if a method is named twice, or two methods change the same thing
 */
export function joinTuners(parts: readonly Tuner[]): Tuner {
  checkParts(parts)
  const name = parts.map((part) => part.name).join('+')
  return defineTuner({
    name,
    parts,
    summary: parts.map((part) => part.summary).join('; '),
    equation: parts.map((part) => part.equation).join('; '),
    family: name,
    trainable: parts.flatMap((part) => [...part.trainable]),
    defaults: joinedDefaults(parts),
    uses: [...new Set(parts.flatMap((part) => part.uses))],
    learningRateFactor: Math.min(...parts.map((part) => part.learningRateFactor)),
    startsAsBase: parts.every((part) => part.startsAsBase),
    parameterFormula: parts.map((part) => part.parameterFormula).join(' + '),
    parameterCount: (config, options) =>
      parts.reduce((sum, part) => sum + part.parameterCount(config, options), 0),
    dropoutSites(options) {
      const all = parts.map((part) => part.dropoutSites(options))
      const perLayer = all.reduce((sum, each) => sum + (each?.perLayer ?? 0), 0)
      if (perLayer === 0) return undefined
      return { perLayer, features: (config) => Math.max(...all.map((each) => each?.features(config) ?? 0)) }
    },
    promptsAt: (options, layer) => parts.reduce((sum, part) => sum + part.promptsAt(options, layer), 0),
    refuses: (options) => firstOf(parts, (part) => part.refuses(options)),
    needsAllTokens: (options) => firstOf(parts, (part) => part.needsAllTokens(options)),
    refusesModel: (config, options) => firstOf(parts, (part) => part.refusesModel(config, options)),
    open: (options, pass) => joinPasses(parts, options, pass),
  })
}

function checkParts(parts: readonly Tuner[]): void {
  for (const [i, part] of parts.entries()) {
    const reason = alone[part.name]
    if (reason !== undefined)
      throw new ConfigError(`method: ${part.name} goes with no other, as ${reason}. Use it by itself.`)
    const other = parts.slice(0, i).find(({ family }) => family === part.family)
    if (other?.name === part.name)
      throw new ConfigError(`method: ${part.name} is named twice. Name each method once.`)
    if (other !== undefined)
      throw new ConfigError(
        `method: ${other.name} and ${part.name} change the same thing (${part.family}). Use one of them.`,
      )
  }
}

/** For each setting, the first default that differs from `plainOptions`. */
function joinedDefaults(parts: readonly Tuner[]): TunerOptions {
  const defaults: Record<string, unknown> = { ...plainOptions }
  for (const part of parts.toReversed())
    for (const [key, value] of Object.entries(part.defaults))
      if (value !== plainOptions[key as keyof TunerOptions]) defaults[key] = value
  return defaults as unknown as TunerOptions
}

function firstOf(parts: readonly Tuner[], ask: (part: Tuner) => string | undefined): string | undefined {
  for (const part of parts) {
    const reason = ask(part)
    if (reason !== undefined) return reason
  }
  return undefined
}

function joinPasses(parts: readonly Tuner[], options: TunerOptions, pass: Pass): TunerPass {
  const opened = parts.map((part, i) => part.open(options, sharedPass(parts, i, options, pass)))
  const routes = opened.find((each) => each.routes !== undefined)?.routes
  const mix = opened.find((each) => each.mix !== undefined)?.mix
  return {
    hooks: joinHooks(opened.map(({ hooks }) => hooks)),
    beside(part, x, place) {
      const added = opened.map((each) => each.beside?.(part, x, place)).filter((each) => each !== undefined)
      return added.length === 0 ? undefined : added.reduce((sum, each) => add(sum, each))
    },
    ...(routes !== undefined && { routes }),
    ...(mix !== undefined && { mix }),
  }
}

/** The pass as seen by method `i`: its dropout slots come after those of the methods before it. */
function sharedPass(parts: readonly Tuner[], i: number, options: TunerOptions, pass: Pass): Pass {
  if (!('dropout' in pass) || pass.dropout === undefined) return pass
  const before = parts.slice(0, i).map((part) => part.dropoutSites(options)?.perLayer ?? 0)
  return { ...pass, dropout: { ...pass.dropout, first: before.reduce((sum, count) => sum + count, 0) } }
}

/** Chains hooks one after another. */
function joinHooks(all: readonly ModelHooks[]): ModelHooks {
  const chained = <K extends keyof ModelHooks>(
    name: K,
    call: (hook: NonNullable<ModelHooks[K]>, x: Tensor) => Tensor,
  ): ((x: Tensor) => Tensor) => {
    const own = all.map((hooks) => hooks[name]).filter((hook) => hook !== undefined)
    return (x) => own.reduce((y, hook) => call(hook as NonNullable<ModelHooks[K]>, y), x)
  }
  return {
    tokens: (tokens, place) => chained('tokens', (hook, x) => hook(x, place))(tokens),
    enter: (tokens, place) => chained('enter', (hook, x) => hook(x, place))(tokens),
    branch: (y, part, place) => chained('branch', (hook, each) => hook(each, part, place))(y),
    afterLinear: (y, x, place) => chained('afterLinear', (hook, each) => hook(each, x, place))(y),
    afterNorm: (y, place) => chained('afterNorm', (hook, each) => hook(each, place))(y),
    leave: (x, stages, place) => chained('leave', (hook, each) => hook(each, stages, place))(x),
  }
}
