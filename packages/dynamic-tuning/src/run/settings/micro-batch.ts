import { layersOf } from '../../models/families.ts'
import { tokensIn } from '../../models/layer-sizes.ts'
import { modelOf } from '../../models/model.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { layoutOf } from '../../models/samples/layout-of.ts'
import { imageRows } from '../../models/samples/sample-layout.ts'

/** Bytes of activations that a training step may use. */
const activationBytes = 2e9
/** Floats stored per token and feature of a layer in training; measured on ViT-B/16. */
const floatsKept = 18

/**
 * Images or clips per pass that need about 2 GB of activations: 16 for ViT-B/16, fewer with many `prompts`.
 * It does not depend on the machine's memory: the same settings must give the same weights everywhere.
 */
export function usualMicroBatch(config: ModelConfig, prompts = 0): number {
  const { leastImages = 1 } = modelOf(config).head
  return Math.max(leastImages, Math.floor(activationBytes / activationBytesOf(config, prompts)))
}

/** Approximate bytes of activations per image or clip in training. */
export function activationBytesOf(config: ModelConfig, prompts = 0): number {
  const features = featuresOf(config, prompts).reduce((a, b) => a + b, 0)
  return imageRows(layoutOf(config), features * 4 * floatsKept) + headBytesOf(config)
}

/**
 * The same with `recompute`: the outputs of all layers, all activations of the first, and of the largest one.
 */
export function recomputedBytesOf(config: ModelConfig): number {
  const features = featuresOf(config)
  const given = features.reduce((a, b) => a + b, 0)
  const kept = 4 * (given + floatsKept * ((features[0] ?? 0) + Math.max(...features)))
  return imageRows(layoutOf(config), kept) + headBytesOf(config)
}

/** What the head keeps for an image or clip. */
function headBytesOf(config: ModelConfig): number {
  return modelOf(config).head.trainingBytes ?? 0
}

/** Number of features of all tokens after each layer, in sum. */
function featuresOf(config: ModelConfig, prompts = 0): number[] {
  return layersOf(config).map((layer) => (tokensIn(layer) + prompts) * layer.width)
}
