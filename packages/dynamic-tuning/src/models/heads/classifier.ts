import { isVit } from '../backbone-config.ts'
import type { Head } from '../head.ts'
import type { ModelConfig } from '../model-config.ts'
import { layoutOf } from '../samples/layout-of.ts'
import type { ClassifierOutputs } from './classify.ts'
import { clipHead } from './clip-head.ts'
import { gridHead } from './grid-head.ts'
import { imageHead } from './image-head.ts'

/** The classifier of a model. */
export function classifierOf(model: ModelConfig): Head<ClassifierOutputs> {
  const { numClasses: classes } = model
  if (!isVit(model)) return gridHead({ classes })
  const { layerNormEps: epsilon, globalPool } = model
  const { word, images: frames } = layoutOf(model)
  return word === 'clip'
    ? clipHead({ ...model, classes, frames })
    : imageHead({ classes, globalPool, epsilon })
}
