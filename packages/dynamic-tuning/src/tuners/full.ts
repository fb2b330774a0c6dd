import { defineTuner } from './tuner.ts'

/** Full tuning: every weight is trained, with a tenth of the learning rate (Table 14). */
export const full = defineTuner({
  name: 'full',
  summary: 'train every weight',
  trainable: [/./],
  learningRateFactor: 0.1,
})
