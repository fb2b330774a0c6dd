import type { TensorData } from '@dynamic-tuning/engine'

/**
 * Names in the authors' own files that differ from timm's, and timm's names: DINOv2's first, then DeiT-3's.
 */
const renames: readonly (readonly [RegExp, string])[] = [
  [/^register_tokens$/, 'reg_token'],
  // A training run groups blocks in chunks; their numbers are those of the model.
  [/^blocks\.\d+\.(\d+\..+)$/, 'blocks.$1'],
  [/^(blocks\.\d+)\.gamma_([12])$/, '$1.ls$2.gamma'],
]

/**
 * Renames the weights of DINOv2's and DeiT-3's own files to timm names; names that are timm's already are
 * kept. The mask token, used in pre-training only, is dropped.
 */
export function fromOriginalNames(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const renamed = new Map<string, TensorData>()
  for (const [original, tensor] of tensors) {
    if (original === 'mask_token') continue
    const name = renames.reduce((text, [pattern, timm]) => text.replace(pattern, timm), original)
    // A name that occurs twice is not renamed, so that a comparison reports it.
    renamed.set(name !== original && (tensors.has(name) || renamed.has(name)) ? original : name, tensor)
  }
  return renamed
}
