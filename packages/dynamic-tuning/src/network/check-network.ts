import { checkReduction, checkReductionFits } from '../reduction/check-reduction.ts'
import { checkModel } from '../tuners/check-tuning.ts'
import type { Network } from './network.ts'

/**
 * Refuses a method or a reduction that does not fit the model or each other, before anything is built. The
 * error message begins with `asker`.
 * @throws ConfigError saying what to change
 */
export function checkNetwork(asker: string, network: Network): void {
  const { config, tuner, options, reduction } = network
  checkModel(asker, tuner, options, config)
  checkReduction(asker, reduction, { tuner, options })
  checkReductionFits(asker, reduction, network)
}
