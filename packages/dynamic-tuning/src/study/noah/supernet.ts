import { depthOf } from '../../models/families.ts'
import { modelOf } from '../../models/model.ts'
import { type Network, network } from '../../network/network.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import { noahSupernet } from '../../tuners/noah-supernet.ts'
import type { SubnetSpace } from './space.ts'

/** Builds the super-network of a space, with its largest size in every layer. */
export function supernetOf(
  { model, settings }: Pick<Prepared, 'model' | 'settings'>,
  { sizes }: SubnetSpace,
): Supernet {
  const { dropPath } = settings
  const superDim = Math.max(...sizes)
  const tuner = noahSupernet(depthOf(model), superDim)
  return { network: network({ ...modelOf(model), tuner, options: settings, dropPath }), superDim }
}

/** A super-network and its size R. */
export interface Supernet {
  readonly network: Network
  readonly superDim: number
}
