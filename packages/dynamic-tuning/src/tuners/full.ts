import { sizeOf } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { backboneShapes } from '../models/build-model.ts'
import { defineTuner } from './tuner.ts'

/** Number of parameters of a model without its head, counted from its graph. */
export function wholeModel(config: BackboneConfig): number {
  return [...backboneShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
}

/** Full tuning: trains every weight, with a tenth of the usual learning rate (Table 14). */
export const full = defineTuner({
  name: 'full',
  summary: 'train every weight',
  equation: 'every weight of the model is trained',
  family: 'full',
  trainable: [/./],
  learningRateFactor: 0.1,
  parameterFormula: 'D (3 p^2 + 1) + D + (P + N) D + L ((4 + 2 m) D^2 + (9 + m) D) + 2 D',
  parameterCount: (config) => wholeModel(config),
})
