import { defineTuner } from './tuner.ts'

/** Linear probe: only the classification head is trained. */
export const linearProbe = defineTuner({
  name: 'linear',
  summary: 'train the classification head alone',
  equation: 'y = LN(x) Wh^T + bh',
  trainable: [],
  parameterFormula: '0',
  parameterCount: () => 0,
})
