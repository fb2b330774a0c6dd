import { ConfigError } from '../errors.ts'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { attentionNeedsAll, depthOf } from '../models/families.ts'
import { methodOptions } from './method-options.ts'
import type { Tuner, TunerOptions } from './tuner.ts'

/** Settings as given by the user: defaults of the method replace missing or undefined ones. */
export type GivenOptions = { readonly [K in keyof TunerOptions]?: TunerOptions[K] | undefined }

/** The given settings, completed with the method's defaults. */
export function completeOptions(tuner: Tuner, given: GivenOptions): TunerOptions {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...tuner.defaults, ...Object.fromEntries(known) }
}

/**
 * Refuses settings that contradict each other, before anything is built. The error
 * message begins with `asker`.
 * @throws ConfigError saying what to change
 */
export function checkTuning(asker: string, tuner: Tuner, given: GivenOptions): void {
  const options = completeOptions(tuner, given)
  const { dispatch, experts, bottleneck, rate } = options
  checkUsed(asker, tuner, given)
  if (tuner.uses.includes('bottleneck') && bottleneck === 0)
    throw new ConfigError(`${asker}: bottleneck is 0, but adapters need at least 1 feature. Make it larger.`)
  if (experts > 1 && !tuner.uses.includes('experts'))
    throw new ConfigError(
      `${asker}: ${experts} experts, but ${tuner.name} has no adapters of that kind. Use dyt or adaptformer, or leave experts out.`,
    )
  if (!(rate > 0 && rate <= 1))
    throw new ConfigError(`${asker}: rate is ${rate}, expected above 0 and up to 1. Give 0.5, for instance.`)
  const reason = tuner.refuses(options)
  if (reason !== undefined)
    throw new ConfigError(`${asker}: ${tuner.name} cannot go with these settings: ${reason}.`)
  if (dispatch !== 'none') return
  for (const name of ['dispatchLayers', 'dispatchLevel', 'dispatchStrategy', 'finalTemperature'] as const)
    if (given[name] !== undefined && given[name] !== tuner.defaults[name])
      throw new ConfigError(
        `${asker}: ${name} is given, but nothing is dispatched. Add dispatch: mlp, or leave it out.`,
      )
}

/** Refuses settings that the method does not read, which would otherwise be ignored silently. */
function checkUsed(asker: string, tuner: Tuner, given: GivenOptions): void {
  for (const name of Object.keys(methodOptions) as (keyof typeof methodOptions)[]) {
    const [value, usual] = [given[name], tuner.defaults[name]]
    if (value === undefined || tuner.uses.includes(name)) continue
    if (JSON.stringify(value) !== JSON.stringify(usual))
      throw new ConfigError(
        `${asker}: ${name} is ${JSON.stringify(value)}, but ${tuner.name} does not read it. Leave it out.`,
      )
  }
}

/**
 * Refuses settings that do not fit a model.
 * @throws ConfigError if a layer in `dispatchLayers` does not exist or is named twice, or if the
 * method does not support the model
 */
export function checkModel(asker: string, tuner: Tuner, options: TunerOptions, config: BackboneConfig): void {
  const { dispatchLayers, dispatch, dispatchLevel } = options
  const depth = depthOf(config)
  const wrong = dispatchLayers?.find((layer, i) => layer >= depth || dispatchLayers.indexOf(layer) !== i)
  if (wrong !== undefined)
    throw new ConfigError(
      `${asker}: dispatchLayers names ${wrong} ${wrong >= depth ? `but layers are 0 to ${depth - 1}` : 'twice'}. Correct the list.`,
    )
  const whole = attentionNeedsAll(config)
  if (whole !== undefined && dispatchLevel === 'token' && !['none', 'mlp'].includes(dispatch))
    throw new ConfigError(
      `${asker}: dispatch ${dispatch} cannot go with this model: ${whole}. Use dispatch mlp, or dispatchLevel sample.`,
    )
  const reason = tuner.refusesModel(config, options)
  if (reason !== undefined)
    throw new ConfigError(`${asker}: ${tuner.name} cannot go with this model: ${reason}.`)
}
