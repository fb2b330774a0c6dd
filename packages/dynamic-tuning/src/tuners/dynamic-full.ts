import { full, wholeModel } from './full.ts'
import { defineTuner } from './tuner.ts'

/**
 * Dynamic-Full (Table 6 of arXiv:2403.11808): trains token dispatchers and every weight of
 * the model, without adapters.
 */
export const dynamicFull = defineTuner({
  name: 'dynamic-full',
  summary: 'every weight trained, and a dispatcher in every layer that lets some tokens skip it',
  paper: 'arXiv:2403.11808',
  equation: "x' = x + M Block(x), M = [sigmoid(x Wg^T + bg) > 0.5]",
  family: 'full',
  trainable: [/./],
  defaults: { dispatch: 'mlp', rate: 0.5 },
  learningRateFactor: 0.1,
  parameterFormula: full.parameterFormula,
  parameterCount: (config) => wholeModel(config),
})
