import { ConfigError } from '../errors.ts'
import type { Tuner, TunerOptions } from './tuner.ts'

/** Settings as asked for: those left out, or undefined, are the method's own. */
export type GivenOptions = { readonly [K in keyof TunerOptions]?: TunerOptions[K] | undefined }

/**
 * Refuses settings that do not go together, before anything is built. `asker` begins the message.
 * @throws ConfigError saying what to change
 */
export function checkTuning(asker: string, tuner: Tuner, given: GivenOptions): void {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  const options: TunerOptions = { ...tuner.defaults, ...Object.fromEntries(known) }
  const { dispatch, experts, bottleneck, rate } = options
  const adapters = tuner.adapterParts(options).length
  if (adapters > 0 && bottleneck === 0)
    throw new ConfigError(`${asker}: bottleneck is 0, but adapters need at least 1 feature. Make it larger.`)
  if (experts > 1 && adapters === 0)
    throw new ConfigError(
      `${asker}: ${experts} experts, but ${tuner.name} has no adapters. Use dyt or adaptformer, or leave experts out.`,
    )
  if (!(rate > 0 && rate <= 1))
    throw new ConfigError(`${asker}: rate is ${rate}, expected above 0 and up to 1. Give 0.5, for instance.`)
  if (dispatch !== 'none') return
  for (const name of ['dispatchLayers', 'dispatchLevel', 'dispatchStrategy', 'finalTemperature'] as const)
    if (given[name] !== undefined && given[name] !== tuner.defaults[name])
      throw new ConfigError(
        `${asker}: ${name} is given, but nothing is dispatched. Add dispatch: mlp, or leave it out.`,
      )
}

/** @throws ConfigError where a layer that is to dispatch does not exist, or one is named twice */
export function checkLayers(asker: string, { dispatchLayers }: TunerOptions, depth: number): void {
  const wrong = dispatchLayers?.find((layer, i) => layer >= depth || dispatchLayers.indexOf(layer) !== i)
  if (wrong !== undefined)
    throw new ConfigError(
      `${asker}: dispatchLayers names ${wrong} ${wrong >= depth ? `but layers are 0 to ${depth - 1}` : 'twice'}. Correct the list.`,
    )
}
