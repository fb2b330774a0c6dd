import { located } from '../../run/prepare-run.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { Subnet } from '../../tuners/noah-supernet.ts'
import type { SearchPlan } from './search-settings.ts'
import { subnetSettings } from './space.ts'

/**
 * Retraining of the winner in the paper, without drop path. `finetune` derives a warm-up of a tenth
 * of the steps and a final rate of 1e-5 from these settings.
 */
const retraining = { epochs: 100, batch: 64, learningRate: 1e-3, weightDecay: 1e-4 }

/** Settings of the search that also apply to training the winner. */
const passedOn = [
  ...['data', 'model', 'randomWeights', 'imageSize', 'resize', 'cropRatio', 'augment', 'seed'],
  ...['trainSize', 'testSize', 'validationShare', 'validationImages', 'adapterDropout', 'labelSmoothing'],
  ...['mixup', 'cutmix'],
]

/**
 * The settings with which `finetune` trains a sub-network from the pre-trained model, on all
 * training images (stage 3).
 */
export function winnerSettings({ asked }: SearchPlan, subnet: Subnet, layers: number): FinetuneInput {
  const { data, ...shown } = located(asked)
  const same = Object.entries(definedOnly(shown)).filter(([key]) => passedOn.includes(key))
  return {
    data,
    ...Object.fromEntries(same),
    method: 'noah',
    ...subnetSettings(subnet, layers),
    ...retraining,
  }
}
