import { isOnDemand, onDemand, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../../errors.ts'
import { joinData } from './join-data.ts'

// Hugging Face's names of ViT and DINOv2, and timm's. transformers 5 writes `layers.N`, `q_proj` and
// `o_proj`.
const layer = /^(?:encoder\.)?layers?\.(\d+)\.(.+)\.(weight|bias|lambda1)$/
const prefix = /^(?:vit|dinov2|dinov2_with_registers)\./
const layerParts: Readonly<Record<string, string>> = {
  layernorm_before: 'norm1',
  layernorm_after: 'norm2',
  norm1: 'norm1',
  norm2: 'norm2',
  'attention.output.dense': 'attn.proj',
  'attention.o_proj': 'attn.proj',
  'intermediate.dense': 'mlp.fc1',
  'mlp.fc1': 'mlp.fc1',
  'output.dense': 'mlp.fc2',
  'mlp.fc2': 'mlp.fc2',
}
const scales: Readonly<Record<string, string>> = { layer_scale1: 'ls1.gamma', layer_scale2: 'ls2.gamma' }
const attentionParts: Readonly<Record<string, 'query' | 'key' | 'value'>> = {
  'attention.attention.query': 'query',
  'attention.attention.key': 'key',
  'attention.attention.value': 'value',
  'attention.q_proj': 'query',
  'attention.k_proj': 'key',
  'attention.v_proj': 'value',
}
const outside: Readonly<Record<string, string>> = {
  'embeddings.cls_token': 'cls_token',
  'embeddings.register_tokens': 'reg_token',
  'embeddings.position_embeddings': 'pos_embed',
  'embeddings.patch_embeddings.projection.weight': 'patch_embed.proj.weight',
  'embeddings.patch_embeddings.projection.bias': 'patch_embed.proj.bias',
  'layernorm.weight': 'norm.weight',
  'layernorm.bias': 'norm.bias',
  'classifier.weight': 'head.weight',
  'classifier.bias': 'head.bias',
}
// Not part of a classifying ViT: the pooler is not used, the mask token is for pre-training only.
const ignored = /^(?:pooler\.|embeddings\.mask_token$)/

/** True if these names are those of a Hugging Face ViT or DINOv2 rather than timm's. */
export function hasHuggingFaceNames(names: Iterable<string>): boolean {
  for (const name of names)
    if (name.replace(prefix, '').startsWith('embeddings.patch_embeddings.')) return true
  return false
}

/**
 * Renames the weights of a Hugging Face ViT or DINOv2 to timm names: query, key and value are stacked in this
 * order to `attn.qkv` [3C, C]; the pooler is dropped. Unknown names are kept, so that a comparison reports
 * them.
 * @throws CheckpointError if query, key or value is missing or unlike the others
 */
export function fromHuggingFaceNames(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const renamed = new Map<string, TensorData>()
  const attention = new Map<string, Map<string, TensorData>>()
  for (const [original, tensor] of tensors) {
    const name = original.replace(prefix, '')
    const [, index, part = '', kind] = layer.exec(name) ?? []
    const projection = kind === 'lambda1' ? undefined : attentionParts[part]
    if (ignored.test(name)) continue
    if (projection !== undefined) {
      const target = `blocks.${index}.attn.qkv.${kind}`
      attention.set(target, (attention.get(target) ?? new Map()).set(projection, tensor))
    } else renamed.set(placeInLayer(index, part, kind) ?? outside[name] ?? original, tensor)
  }
  return new Map([...renamed, ...joinProjections(attention)])
}

/**
 * Stacks the rows of query, key and value, in this order, to one weight under each name.
 * @throws CheckpointError if one of them is missing or unlike the others
 */
export function joinProjections(
  projections: ReadonlyMap<string, ReadonlyMap<string, TensorData>>,
): Map<string, TensorData> {
  return new Map([...projections].map(([name, parts]) => [name, mergeRows(name, parts)]))
}

/** timm's name of a layer's weight; undefined if this is none. */
function placeInLayer(index = '', part = '', kind = ''): string | undefined {
  if (kind === 'lambda1') return scales[part] && `blocks.${index}.${scales[part]}`
  return layerParts[part] && `blocks.${index}.${layerParts[part]}.${kind}`
}

function mergeRows(name: string, parts: ReadonlyMap<string, TensorData>): TensorData {
  const rows = ['query', 'key', 'value'].map((part) => {
    const tensor = parts.get(part)
    if (tensor === undefined) {
      throw new CheckpointError(`checkpoint: "${name}" lacks its ${part} rows. Is the file complete?`)
    }
    return tensor
  })
  const [{ dtype, shape }] = rows as [TensorData, TensorData, TensorData]
  if (rows.some((part) => part.dtype !== dtype || part.shape.join() !== shape.join())) {
    const got = rows.map((part) => `${part.dtype} [${part.shape.join(', ')}]`).join(', ')
    throw new CheckpointError(`checkpoint: query, key and value of "${name}" differ, got ${got}.`)
  }
  const [first = 0, ...rest] = shape
  const merged = [3 * first, ...rest]
  const merge = () => joinData(dtype, rows)
  return rows.some(isOnDemand) ? onDemand(dtype, merged, merge) : { dtype, shape: merged, data: merge() }
}
