import { z } from 'zod'
import { CheckpointError } from '../../errors.ts'
import {
  type CheckpointConfig,
  type CheckpointDescription,
  check,
  count,
  layerCount,
  size,
} from './checkpoint-config.ts'

// Defaults of transformers' ViTConfig, Dinov2Config and Dinov2WithRegistersConfig, which files may omit.
const common = {
  hidden_act: z.literal('gelu').default('gelu'),
  image_size: size.prefault(224),
  patch_size: size.prefault(16),
  hidden_size: count.default(768),
  num_hidden_layers: layerCount.default(12),
  num_attention_heads: count.default(12),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string()).optional(),
}
const dinov2 = {
  ...common,
  mlp_ratio: z.number().positive().default(4),
  layer_norm_eps: z.number().positive().default(1e-6),
  layerscale_value: z.number().default(1),
}
// Defaults of SwinConfig, whose sizes are lists with one entry per stage.
const swin = z.object({
  model_type: z.literal('swin'),
  hidden_act: common.hidden_act,
  image_size: size.prefault(224),
  patch_size: size.prefault(4),
  embed_dim: count.default(96),
  depths: z.array(layerCount).max(100).default([2, 2, 6, 2]),
  num_heads: z.array(count).default([3, 6, 12, 24]),
  window_size: count.default(7),
  mlp_ratio: z.number().positive().default(4),
  qkv_bias: z.boolean().default(true),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_absolute_embeddings: z.literal(false).default(false),
  id2label: common.id2label,
})
const huggingFace = z.discriminatedUnion('model_type', [
  z.object({
    ...common,
    model_type: z.literal('vit'),
    intermediate_size: count.default(3072),
    layer_norm_eps: z.number().positive().default(1e-12),
  }),
  z.object({ ...dinov2, model_type: z.literal('dinov2') }),
  z.object({
    ...dinov2,
    model_type: z.literal('dinov2_with_registers'),
    num_register_tokens: z.int().min(0).default(4),
  }),
  swin,
])

/** `model_type` of the supported models. */
export const huggingFaceTypes = ['vit', 'dinov2', 'dinov2_with_registers', 'swin'] as const

/**
 * Reads the `config.json` of a Hugging Face ViT, DINOv2 or Swin. Which tokens a DINOv2 classifies is left
 * open: its head shows it. @throws CheckpointError naming the file and the field
 */
export function describeHuggingFace(source: string, json: unknown): CheckpointDescription {
  const hf = check(huggingFace, source, json)
  const [patchSize, patchWidth] = hf.patch_size
  if (patchSize !== patchWidth) {
    throw new CheckpointError(
      `checkpoint: patches in ${source} are not square, got ${patchSize} x ${patchWidth}. Use a model with square ones.`,
    )
  }
  const config: Partial<CheckpointConfig> = {
    imageSize: hf.image_size,
    patchSize,
    layerNormEps: hf.layer_norm_eps,
    qkvBias: hf.qkv_bias,
    ...apart(hf),
  }
  if (hf.id2label === undefined) return { config }
  const labels = hf.id2label
  const classes = Object.keys(labels).map((_, index) => labels[index] ?? '')
  return { config: { ...config, numClasses: classes.length }, classes }
}

/** Settings that only some kinds of models have. */
function apart(hf: z.output<typeof huggingFace>): Partial<CheckpointConfig> {
  if (hf.model_type === 'swin') {
    const { embed_dim: embedDim, depths, num_heads: numHeads, window_size: windowSize } = hf
    return { family: 'swin', embedDim, depths, numHeads, windowSize, mlpRatio: hf.mlp_ratio }
  }
  const sizes = {
    embedDim: hf.hidden_size,
    depth: hf.num_hidden_layers,
    numHeads: hf.num_attention_heads,
  }
  if (hf.model_type === 'vit')
    return { ...sizes, mlpRatio: hf.intermediate_size / hf.hidden_size, globalPool: 'token' }
  // Layer scale is always present; an initial value of 0 says nothing about a trained model.
  const settings = { ...sizes, mlpRatio: hf.mlp_ratio, initValues: hf.layerscale_value || 1 }
  return hf.model_type === 'dinov2' ? settings : { ...settings, regTokens: hf.num_register_tokens }
}
