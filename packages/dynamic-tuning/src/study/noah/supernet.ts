import { depthOf } from '../../models/families.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import { noahSupernet } from '../../tuners/noah-supernet.ts'
import type { Tuner } from '../../tuners/tuner.ts'
import type { SubnetSpace } from './space.ts'

/** The super-network of a space: as large as its largest size. */
export function supernetOf({ model }: Pick<Prepared, 'model'>, { sizes }: SubnetSpace): Supernet {
  const superDim = Math.max(...sizes)
  return { tuner: noahSupernet(depthOf(model), superDim), superDim }
}

/** A super-network as a tuning method, and its size R. */
export interface Supernet {
  readonly tuner: Tuner
  readonly superDim: number
}
