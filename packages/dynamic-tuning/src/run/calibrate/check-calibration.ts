import { modelCost } from '../../cost/model-cost.ts'
import { staticFlops } from '../../cost/static-flops.ts'
import { ConfigError } from '../../errors.ts'
import type { TunedModel } from '../tuned-run.ts'
import { checkShare, roundedUp } from './budgets.ts'
import type { CalibrationSettings } from './calibration.ts'

/** Least number of points of a curve. */
const fewestPoints = 11

/**
 * Refuses an impossible calibration before anything is measured.
 * @throws ConfigError for runs without learned gates, and for targets that are invalid or below
 * the cheapest point
 */
export function checkCalibration(model: TunedModel, wanted: CalibrationSettings): void {
  const { settings, network, task } = model
  if (settings.dispatch === 'none')
    throw new ConfigError(
      `calibrate: this run of ${network.tuner.name} skips no tokens, it has no threshold. Name a run that dispatches, such as one of dyt.`,
    )
  if (settings.reduction !== 'none')
    throw new ConfigError(
      `calibrate: this run merges tokens (${settings.reduction}), and a curve counts patches. Tune without, then merge with eval or export --reduction.`,
    )
  if (settings.dispatchStrategy === 'random')
    throw new ConfigError(
      'calibrate: the gates of this run draw lots, a threshold would only change their rate. Choose that with finetune --rate.',
    )
  const { flops, latencyMs, drop, points, images } = wanted
  const positive = { latency: latencyMs, images }
  for (const [name, value] of Object.entries(positive))
    if (value !== undefined && !(value > 0))
      throw new ConfigError(`calibrate: ${name} is ${value}, expected more than 0. Correct it.`)
  if (drop !== undefined && !(drop >= 0 && drop <= 100))
    throw new ConfigError(
      `calibrate: ${task.measures[0].title} drop ${drop}, expected points from 0 to 100. Give 0.5, for instance.`,
    )
  if (points !== undefined && !(points >= fewestPoints))
    throw new ConfigError(`calibrate: ${points} points, a curve needs ${fewestPoints}. Give more.`)
  if (flops === undefined) return
  checkShare('calibrate', flops)
  const cheapest = closedShare(model)
  if (flops < cheapest)
    throw new ConfigError(
      `calibrate: share ${flops} of the static model's FLOPs, but this run needs ${roundedUp(cheapest)} with every gate closed. Give at least that.`,
    )
}

/** FLOPs with all gates closed, as a share of the static ViT's. */
function closedShare({ network }: TunedModel): number {
  const gates = network.gates.sites.map(() => ({ rate: 0 }))
  return modelCost({ network, gates }).flops.total / staticFlops(network)
}
