import { entryOf } from '../entry-of.ts'
import { type GroupOf, oneGroup, type ParameterGroup } from './groups.ts'
import type { OptimizedWeights, Optimizer } from './optimizer.ts'

/** Settings of AdamW; the defaults are PyTorch's. The learning rate comes from the schedule. */
export interface AdamWSettings {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** Rate factor and decay by weight; default `oneGroup`. */
  readonly groupOf?: GroupOf
}

/** The settings of the official code, with the decay of its VTAB recipe. */
export const defaultAdamW: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 }

/** A trained weight with its moments. */
interface Slot extends ParameterGroup {
  readonly value: Float32Array
  readonly mean: Float32Array
  readonly square: Float32Array
}

/**
 * AdamW with decoupled decay (arXiv:1711.05101); changes the weights in place:
 * w = w (1 - lr wd) - lr m^ / (sqrt(v^) + eps), moments in float32, arithmetic in double precision.
 */
export class AdamW implements Optimizer {
  private readonly slots = new Map<string, Slot>()
  /** Number of updates made so far. */
  step = 0

  constructor(
    weights: OptimizedWeights,
    private readonly settings: AdamWSettings = defaultAdamW,
  ) {
    const { groupOf = oneGroup } = settings
    for (const [name, { data, shape }] of weights)
      this.slots.set(name, {
        value: data,
        mean: new Float32Array(data.length),
        square: new Float32Array(data.length),
        ...groupOf(name, shape),
      })
  }

  /** One update with the gradients by weight name. */
  update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): void {
    this.step++
    for (const [name, slot] of this.slots)
      updateSlot(slot, entryOf(gradients, name, 'gradient'), learningRate, this.step, this.settings)
  }

  /** The moments under their names in a checkpoint; the arrays themselves, not copies. */
  *moments(): Generator<[string, Float32Array]> {
    for (const [name, { mean, square }] of this.slots) {
      yield [`adamw.mean.${name}`, mean]
      yield [`adamw.square.${name}`, square]
    }
  }
}

/**
 * Bias corrections of update number `step`, counted from 1:
 * `size` = lr / (1 - beta1^step), and the factor of sqrt(v).
 */
export function corrected(
  learningRate: number,
  step: number,
  { beta1, beta2 }: AdamWSettings,
): { readonly size: number; readonly correction: number } {
  return { size: learningRate / (1 - beta1 ** step), correction: 1 / Math.sqrt(1 - beta2 ** step) }
}

function updateSlot(
  slot: Slot,
  gradient: Float32Array,
  learningRate: number,
  step: number,
  settings: AdamWSettings,
): void {
  const { beta1, beta2, epsilon, weightDecay } = settings
  const { value, mean, square } = slot
  const rate = learningRate * slot.rateFactor
  const keep = slot.decays ? 1 - rate * weightDecay : 1
  const { size, correction } = corrected(rate, step, settings)
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i] as number
    const m = beta1 * (mean[i] as number) + (1 - beta1) * g
    const v = beta2 * (square[i] as number) + (1 - beta2) * g * g
    mean[i] = m
    square[i] = v
    value[i] = keep * (value[i] as number) - (size * m) / (Math.sqrt(v) * correction + epsilon)
  }
}
