import { defineTuner } from './tuner.ts'

/** Linear probing: trains only the head. */
export const linearProbe = defineTuner({
  name: 'linear',
  summary: 'train the classification head alone',
  equation: 'y = LN(x) Wh^T + bh',
  trainable: [],
  parameterFormula: '0',
  parameterCount: () => 0,
})
