import { vitShapes } from '../models/backbone.ts'
import { isOfHead } from '../models/heads/registry.ts'
import type { VitConfig } from '../models/vit-config.ts'
import { defineTuner } from './tuner.ts'

/** Parameters of a whole model but its head, read off its graph. */
export function wholeModel(config: VitConfig): number {
  const shapes = [...vitShapes(config)].filter(([name]) => !isOfHead(name))
  return shapes.reduce((sum, [, shape]) => sum + shape.reduce((size, dim) => size * dim, 1), 0)
}

/** Full tuning: every weight is trained, with a tenth of the learning rate (Table 14). */
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
