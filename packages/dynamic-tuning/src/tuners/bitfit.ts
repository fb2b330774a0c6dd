import { hiddenFeatures } from '../models/vit-config.ts'
import { defineTuner } from './tuner.ts'

/** BitFit (arXiv:2106.10199): every bias of the model is trained, those of norms and patch embedding too, and the head. */
export const bitfit = defineTuner({
  name: 'bitfit',
  summary: 'train every bias',
  paper: 'arXiv:2106.10199',
  equation: 'y = W x + b with b trained in every linear map and norm',
  trainable: [/(?:^|\.)bias$/, /^head\./],
  parameterFormula: 'L (7 D + m D + D) + 2 D',
  parameterCount(config) {
    const { depth, embedDim: width, qkvBias } = config
    return depth * (hiddenFeatures(config) + (qkvBias ? 7 : 4) * width) + 2 * width
  },
})
