import { ConfigError } from '../../errors.ts'
import type { Head, LogitOutputs } from '../head.ts'
import type { ModelConfig } from '../model-config.ts'
import { layoutOf } from '../samples/layout-of.ts'
import { classifierOf } from './classifier.ts'
import { segmentationHead } from './segmentation/segmentation-head.ts'

/** The head of a model: that of its task. @throws ConfigError for settings that do not fit the backbone */
export function headOf(model: ModelConfig): Head<LogitOutputs> {
  const { numClasses, segmentation } = model
  if (segmentation === undefined) return classifierOf(model)
  const { word, images } = layoutOf(model)
  if (word === 'clip')
    throw new ConfigError(
      `model: pixels of clips of ${images} frames cannot be labelled. Use images, or classify clips.`,
    )
  return segmentationHead(numClasses, segmentation, model)
}

/** True for a weight that belongs to the head of any model and not to its backbone. */
export function isHeadWeight(name: string): boolean {
  return /^(?:head|query_token|attentive_blocks|decode_head|auxiliary_head|fpn[12]|norm\d+)(?:\.|$)/.test(
    name,
  )
}
