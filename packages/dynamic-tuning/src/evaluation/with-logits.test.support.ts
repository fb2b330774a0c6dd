import { present } from '../present.ts'
import type { Prediction } from './classifier.ts'

/** A prediction with the values of its logits. */
export function withLogits(prediction: Prediction): Prediction & { readonly logits: Float32Array } {
  return { ...prediction, logits: present(prediction.outputs.logits, 'logits').data }
}
