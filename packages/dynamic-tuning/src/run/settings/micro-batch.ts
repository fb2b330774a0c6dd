import { layersOf } from '../../models/families.ts'
import { tokensIn } from '../../models/layer-sizes.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { layoutOf } from '../../models/samples/layout-of.ts'
import { imageRows } from '../../models/samples/sample-layout.ts'

/** Bytes of activations that a training step may keep. */
const activationBytes = 2e9
/** Floats kept for every token and feature of a layer while training; measured on ViT-B/16. */
const floatsKept = 18

/**
 * Images or clips per pass that keep a step's activations near 2 GB: 16 for ViT-B/16, fewer with many `prompts`. It
 * does not depend on the machine's memory: the same settings must give the same weights everywhere.
 */
export function usualMicroBatch(config: ModelConfig, prompts = 0): number {
  return Math.max(1, Math.floor(activationBytes / activationBytesOf(config, prompts)))
}

/** About how many bytes of activations one image or clip keeps while training. */
export function activationBytesOf(config: ModelConfig, prompts = 0): number {
  return imageRows(layoutOf(config), featuresOf(config, prompts).reduce((a, b) => a + b, 0) * 4 * floatsKept)
}

/** The same with `recompute`: the outputs of all layers, everything of the first, and of the largest one. */
export function recomputedBytesOf(config: ModelConfig): number {
  const features = featuresOf(config)
  const given = features.reduce((a, b) => a + b, 0)
  return imageRows(layoutOf(config), 4 * (given + floatsKept * ((features[0] ?? 0) + Math.max(...features))))
}

/** Features of all tokens after each layer. */
function featuresOf(config: ModelConfig, prompts = 0): number[] {
  return layersOf(config).map((layer) => (tokensIn(layer) + prompts) * layer.width)
}
