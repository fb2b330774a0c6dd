import type { TensorData } from '@dynamic-tuning/engine'

/** What the authors' own files call weights otherwise than timm, and timm's names; DINOv2's first, then DeiT-3's. */
const renames: readonly (readonly [RegExp, string])[] = [
  [/^register_tokens$/, 'reg_token'],
  // Blocks of a training run lie in chunks, and keep the number they have in the model.
  [/^blocks\.\d+\.(\d+\..+)$/, 'blocks.$1'],
  [/^(blocks\.\d+)\.gamma_([12])$/, '$1.ls$2.gamma'],
]

/**
 * The weights of DINOv2's and DeiT-3's own files under timm names; those that have them already stay as they are. The mask
 * token, which serves pre-training alone, is left out.
 */
export function fromOriginalNames(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const renamed = new Map<string, TensorData>()
  for (const [original, tensor] of tensors) {
    if (original === 'mask_token') continue
    const name = renames.reduce((text, [pattern, timm]) => text.replace(pattern, timm), original)
    // A name that is there twice is kept as it was, so that a comparison reports it.
    renamed.set(name !== original && (tensors.has(name) || renamed.has(name)) ? original : name, tensor)
  }
  return renamed
}
