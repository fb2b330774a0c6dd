import { modelOf } from '../models/model.ts'
import { type Network, network } from '../network/network.ts'
import { tunerNamed } from '../tuners/registry.ts'
import type { RunConfig } from './run-config.ts'

/** The network of a run: its model with the method and token reduction of its settings. */
export function runNetwork({ model, settings }: Pick<RunConfig, 'model' | 'settings'>): Network {
  return network({
    ...modelOf(model),
    tuner: tunerNamed(settings.method),
    options: settings,
    reduction: settings,
    dropPath: settings.dropPath,
  })
}
