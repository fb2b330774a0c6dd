import { defineTuner } from './tuner.ts'

/** Linear probe: only the classification head is trained. */
export const linearProbe = defineTuner({
  name: 'linear',
  summary: 'train the classification head alone',
  trainable: [/^head\./],
})
