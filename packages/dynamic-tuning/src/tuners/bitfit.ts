import { layersOf, outerSites } from '../models/families.ts'
import { defineTuner } from './tuner.ts'

/**
 * BitFit (arXiv:2106.10199): trains every bias of the model, including those of norms and
 * patch embedding, and the head.
 */
export const bitfit = defineTuner({
  name: 'bitfit',
  summary: 'train every bias',
  paper: 'arXiv:2106.10199',
  equation: 'y = W x + b with b trained in every linear map and norm',
  trainable: [/(?:^|\.)bias$/],
  parameterFormula: 'L (7 D + m D + D) + 2 D',
  parameterCount(config) {
    const outside = outerSites(config).reduce((sum, { features, bias }) => sum + (bias ? features : 0), 0)
    const ofAttention = config.qkvBias ? 7 : 4
    return layersOf(config).reduce((sum, { width, hidden }) => sum + hidden + ofAttention * width, outside)
  },
})
