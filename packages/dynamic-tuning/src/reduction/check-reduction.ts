import { ConfigError } from '../errors.ts'
import { isVit } from '../models/backbone-config.ts'
import type { Model } from '../models/model.ts'
import { patchCount, prefixTokens, type VitConfig } from '../models/vit/vit-config.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { keepLayers } from './keep-layers.ts'
import { type GivenReduction, noReduction, type ReductionOptions, reductionOptions } from './options.ts'
import { reductionIn } from './registry.ts'

/** The setup in which a reduction is to work. */
export interface ReductionUse {
  readonly tuner: Pick<Tuner, 'name' | 'needsAllTokens'>
  readonly options: TunerOptions
  /** True if the task needs an output for every patch. */
  readonly dense?: boolean
}

/**
 * Refuses a reduction that cannot work with a method or a task, and settings that belong to another
 * reduction, before anything is built. The error message begins with `asker`.
 * @throws ConfigError saying what to change
 */
export function checkReduction(asker: string, given: GivenReduction, use: ReductionUse): void {
  const options = reductionOptions(given)
  const reduction = reductionIn(options)
  const reads: readonly string[] = reduction?.reads ?? []
  for (const name of Object.keys(noReduction) as (keyof ReductionOptions)[])
    if (name !== 'reduction' && !reads.includes(name) && differs(options[name], noReduction[name]))
      throw new ConfigError(
        `${asker}: ${name} is given, but the reduction is ${options.reduction}, which does not read it. Choose the reduction it belongs to, or leave it out.`,
      )
  if (!reduction) return
  if (use.dense)
    throw new ConfigError(
      `${asker}: ${reduction.name} leaves fewer tokens than patches, but this task needs an output for each. Use reduction none.`,
    )
  const reason = use.tuner.needsAllTokens(use.options)
  if (reason !== undefined)
    throw new ConfigError(
      `${asker}: ${reduction.name} cannot go with ${use.tuner.name}: ${reason}. Use reduction none, or another method.`,
    )
  checkDispatch(asker, options, use.options)
  checkRates(asker, options)
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b)
}

function checkDispatch(asker: string, options: ReductionOptions, { dispatch }: TunerOptions): void {
  if (dispatch === 'none') return
  const { reduction } = options
  if (reduction !== 'tome')
    throw new ConfigError(
      `${asker}: ${reduction} drops tokens for good, dispatch lets them skip and come back: they were never trained together. Use reduction tome, or dispatch none.`,
    )
  if (dispatch !== 'mlp')
    throw new ConfigError(
      `${asker}: tome compares the keys of all tokens, but dispatch ${dispatch} computes those of active ones only. Use dispatch mlp.`,
    )
  if (options.tomeTraining)
    throw new ConfigError(
      `${asker}: tomeTraining with dispatch would train each gate on other tokens than the next. Leave tomeTraining out.`,
    )
}

function checkRates(asker: string, { keepRate, tomeR, tomeSlope }: ReductionOptions): void {
  for (const rate of [keepRate].flat())
    if (!(rate > 0 && rate <= 1))
      throw new ConfigError(
        `${asker}: keepRate is ${rate}, expected above 0 and up to 1. Give 0.7, for instance.`,
      )
  for (const r of [tomeR].flat())
    if (!(Number.isInteger(r) && r >= 0))
      throw new ConfigError(
        `${asker}: tomeR is ${r}, expected a whole number of tokens. Give 8, for instance.`,
      )
  if (!(Math.abs(tomeSlope) <= 1))
    throw new ConfigError(`${asker}: tomeSlope is ${tomeSlope}, expected -1 to 1. Give 0, for instance.`)
}

/**
 * Refuses layers, lists and shares that do not fit a model.
 * @throws ConfigError saying what to change
 */
export function checkReductionFits(
  asker: string,
  options: ReductionOptions,
  { config, head }: Pick<Model, 'config' | 'head'>,
): void {
  const { reduction, tomeR } = options
  if (reduction === 'none') return
  if (!isVit(config))
    throw new ConfigError(
      `${asker}: ${reduction} takes tokens out of one sequence, but here they fill a grid whose windows must stay whole. Use reduction none.`,
    )
  if (head.needsAllTokens !== undefined)
    throw new ConfigError(
      `${asker}: ${reduction} needs a model classified by its class token, this one ${head.needsAllTokens}. Use reduction none.`,
    )
  if (config.relativePositionBias)
    throw new ConfigError(
      `${asker}: ${reduction} takes tokens out of one sequence, but attention of this model adds a bias for their distances in the grid. Use reduction none.`,
    )
  if (prefixTokens(config) !== 1)
    throw new ConfigError(
      `${asker}: ${reduction} protects the class token alone, this model has ${prefixTokens(config)} tokens before its patches. Use reduction none.`,
    )
  if (reduction === 'tome') {
    if (typeof tomeR === 'object' && tomeR.length > config.depth)
      throw new ConfigError(
        `${asker}: tomeR has ${tomeR.length} numbers for ${config.depth} layers. Give one for each.`,
      )
    return
  }
  const stages = checkStages(asker, options, config)
  if (reduction === 'dynamicvit') checkPredictors(asker, stages.at(-1)?.rate ?? 1, config)
}

/** The layers that drop tokens, with their shares. @throws ConfigError if the lists do not fit the model */
function checkStages(
  asker: string,
  options: ReductionOptions,
  { depth }: VitConfig,
): ReturnType<typeof keepLayers> {
  const { reduction, keepRate, reductionLayers: layers } = options
  const wrong = layers?.find((layer, i) => layer >= depth || layer <= (layers[i - 1] ?? -1))
  if (wrong !== undefined)
    throw new ConfigError(
      `${asker}: reductionLayers [${layers}] must rise and stay below ${depth}. Correct the list.`,
    )
  const stages = keepLayers(options, depth, reduction === 'evit' ? 'same' : 'powers')
  if (typeof keepRate === 'object' && keepRate.length !== stages.length)
    throw new ConfigError(
      `${asker}: keepRate has ${keepRate.length} shares for ${stages.length} layers. Give one for each.`,
    )
  return stages
}

function checkPredictors(asker: string, least: number, config: VitConfig): void {
  if (config.embedDim % 4 !== 0)
    throw new ConfigError(
      `${asker}: dynamicvit's predictors quarter the features, but ${config.embedDim} is no multiple of 4. Choose another model.`,
    )
  if (Math.trunc(least * patchCount(config)) < 1)
    throw new ConfigError(
      `${asker}: keepRate leaves none of ${patchCount(config)} patches in the last layer that reduces. Make it larger.`,
    )
}
