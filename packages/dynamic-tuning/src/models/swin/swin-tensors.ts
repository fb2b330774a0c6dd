import type { TensorData } from '@dynamic-tuning/engine'
import { joinProjections } from '../checkpoints/checkpoint-names.ts'

/** Names of weights inside a block: Hugging Face's and timm's. */
const blockParts: Readonly<Record<string, string>> = {
  layernorm_before: 'norm1',
  layernorm_after: 'norm2',
  'attention.output.dense': 'attn.proj',
  'intermediate.dense': 'mlp.fc1',
  'output.dense': 'mlp.fc2',
}
const outside: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
  [/^embeddings\.norm\./, 'patch_embed.norm.'],
  [/^encoder\.layers\.(\d+)\.downsample\./, 'layers.$1.downsample.'],
  [/^layernorm\./, 'norm.'],
  [/^classifier\./, 'head.fc.'],
]
/** Not part of a classifying Swin: the pooler has no weights, the mask token is for pre-training only. */
const ignored = /^(?:pooler\.|embeddings\.mask_token$)/
/** Constants that some files store with the weights; they follow from the sizes. */
const buffer = /\.(?:relative_position_index|relative_coords_table|attn_mask)$/

/** True if these are a Swin's tensors: no other family has stages with tables of relative positions. */
export function hasSwinTables(names: Iterable<string>): boolean {
  return [...names].some((name) => /(?:^|\.)layers\.\d+\..*\.relative_position_bias_table$/.test(name))
}

/**
 * Renames the weights of a Swin from any version of timm or Hugging Face to timm's current
 * names. @throws CheckpointError
 */
export function fromSwinNames(stored: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  return toPresentNames(isHuggingFaceSwin(stored.keys()) ? fromHuggingFaceSwin(stored) : stored)
}

/** True if these names are those of a Hugging Face Swin rather than timm's. */
function isHuggingFaceSwin(names: Iterable<string>): boolean {
  return [...names].some((name) => /^(?:swin\.)?embeddings\.patch_embeddings\./.test(name))
}

/**
 * Renames the weights of a Hugging Face Swin to timm's older names: query, key and value are stacked to
 * `attn.qkv` [3C, C]. Unknown names are kept, so that a comparison reports them.
 * @throws CheckpointError if query, key or value is missing or unlike the others
 */
function fromHuggingFaceSwin(stored: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const renamed = new Map<string, TensorData>()
  const projections = new Map<string, Map<string, TensorData>>()
  for (const [original, tensor] of stored) {
    const name = original.replace(/^swin\./, '')
    if (ignored.test(name)) continue
    const [, at = '', part = '', kind] =
      /^encoder\.(layers\.\d+\.blocks\.\d+)\.(.+)\.([^.]+)$/.exec(name) ?? []
    const projection = /^attention\.self\.(query|key|value)$/.exec(part)?.[1]
    if (projection !== undefined) {
      const target = `${at}.attn.qkv.${kind}`
      projections.set(target, (projections.get(target) ?? new Map()).set(projection, tensor))
    } else if (part === 'attention.self') renamed.set(`${at}.attn.${kind}`, tensor)
    else if (blockParts[part] !== undefined) renamed.set(`${at}.${blockParts[part]}.${kind}`, tensor)
    else renamed.set(nameOutside(name) ?? original, tensor)
  }
  return new Map([...renamed, ...joinProjections(projections)])
}

function nameOutside(name: string): string | undefined {
  const [pattern, timm] = outside.find(([each]) => each.test(name)) ?? []
  return pattern && name.replace(pattern, timm as string)
}

/**
 * timm's current names: patch merging belongs to the stage after it (in older files, to the one before), the
 * head is `head.fc`, and constants that follow from the sizes are dropped.
 */
function toPresentNames(stored: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const older = [...stored.keys()].some((name) => name.startsWith('layers.0.downsample.'))
  const renamed = new Map<string, TensorData>()
  for (const [original, tensor] of stored) {
    if (buffer.test(original)) continue
    const moved = older
      ? original.replace(
          /^layers\.(\d+)\.downsample\./,
          (_, stage) => `layers.${Number(stage) + 1}.downsample.`,
        )
      : original
    const name = moved.replace(/^head\.(weight|bias)$/, 'head.fc.$1')
    // A name that occurs twice is not renamed, so that a comparison reports it.
    renamed.set(name !== original && stored.has(name) && !older ? original : name, tensor)
  }
  return renamed
}
