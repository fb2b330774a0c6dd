import type { TensorData } from '@dynamic-tuning/engine'
import { sizeOf } from '@dynamic-tuning/engine'
import { CheckpointError } from '../../errors.ts'
import type { CheckpointConfig } from './checkpoint-config.ts'
import { joinData } from './join-data.ts'

/** Weights by name, read one at a time. */
export interface NamedWeights {
  readonly path: string
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>
  read(name: string): TensorData
}

/** Weights under timm names, and settings that follow from the original names or shapes. */
export interface RenamedWeights {
  readonly tensors: Map<string, TensorData>
  readonly config: Partial<CheckpointConfig>
}

/** Changes the layout of a Flax weight to timm's. */
type Layout = (tensor: TensorData) => TensorData

/** Flax layers keep `kernel` [in, out]; timm's `weight` is [out, in]. */
const transposed: Layout = (tensor) => transpose(tensor, [1, 0])
/** A patch kernel is HWIO, timm's OIHW. */
const patchKernel: Layout = (tensor) => transpose(tensor, [3, 2, 0, 1])
const same: Layout = (tensor) => tensor

/** Names outside the layers. */
const outside: Readonly<Record<string, readonly [string, Layout]>> = {
  cls: ['cls_token', same],
  'embedding/kernel': ['patch_embed.proj.weight', patchKernel],
  'embedding/bias': ['patch_embed.proj.bias', same],
  'Transformer/posembed_input/pos_embedding': ['pos_embed', same],
  'Transformer/encoder_norm/scale': ['norm.weight', same],
  'Transformer/encoder_norm/bias': ['norm.bias', same],
  'head/kernel': ['head.weight', transposed],
  'head/bias': ['head.bias', same],
}
const layer = /^Transformer\/encoderblock_(\d+)\/(.+)$/
// The module numbers are those of google-research/vision_transformer; big_vision counts each kind from 0.
const layerParts: readonly (readonly [RegExp, string, Layout])[] = [
  [/^LayerNorm_0\/scale$/, 'norm1.weight', same],
  [/^LayerNorm_0\/bias$/, 'norm1.bias', same],
  [/^LayerNorm_[12]\/scale$/, 'norm2.weight', same],
  [/^LayerNorm_[12]\/bias$/, 'norm2.bias', same],
  // [H, D, C], heads first.
  [
    /^MultiHeadDotProductAttention_[01]\/out\/kernel$/,
    'attn.proj.weight',
    (x) => transposed(joinHeads(x, 0)),
  ],
  [/^MultiHeadDotProductAttention_[01]\/out\/bias$/, 'attn.proj.bias', same],
  [/^MlpBlock_[03]\/Dense_0\/kernel$/, 'mlp.fc1.weight', transposed],
  [/^MlpBlock_[03]\/Dense_0\/bias$/, 'mlp.fc1.bias', same],
  [/^MlpBlock_[03]\/Dense_1\/kernel$/, 'mlp.fc2.weight', transposed],
  [/^MlpBlock_[03]\/Dense_1\/bias$/, 'mlp.fc2.bias', same],
]
const projection = /^MultiHeadDotProductAttention_[01]\/(query|key|value)\/(kernel|bias)$/
const projections = ['query', 'key', 'value']
/** Prefix of weights in a training state. */
const prefix = /^(?:opt\/target|optimizer\/target|params)\//

/** True if these names are those of a ViT of google-research/vision_transformer. */
export function hasJaxNames(names: Iterable<string>): boolean {
  for (const name of names) if (name.replace(prefix, '') === 'embedding/kernel') return true
  return false
}

/**
 * Renames the weights of a ViT of google-research/vision_transformer (arXiv:2010.11929, 2106.10270) to timm
 * names: kernels are transposed, heads joined, query, key and value stacked to `attn.qkv` [3C, C]. Each
 * weight is read once and released, so that no second copy of the model is held. The head of a model with
 * `pre_logits` is dropped, because it does not read the features. Unknown names are kept, so that a
 * comparison reports them.
 * @throws CheckpointError if query, key or value is missing or unlike the others
 */
export function fromJaxNames(source: NamedWeights): RenamedWeights {
  const names = [...source.tensors.keys()]
  const representation = names.some((name) => name.replace(prefix, '').startsWith('pre_logits/'))
  const tensors = new Map<string, TensorData>()
  const config: Partial<CheckpointConfig> = {}
  for (const original of names) {
    const name = original.replace(prefix, '')
    if (representation && /^(?:pre_logits|head)\//.test(name)) continue
    const [, index, part = ''] = layer.exec(name) ?? []
    const [, kind, which] = projection.exec(part) ?? []
    if (kind === undefined) {
      const [timm, layout] = placeOf(name, index, part) ?? [original, same]
      tensors.set(timm, layout(source.read(original)))
    } else {
      if (which === 'kernel') config.numHeads = source.tensors.get(original)?.shape[1] ?? 0
      // All three are joined when the query is reached.
      if (kind === 'query') tensors.set(...joinProjections(source, original, index as string))
      else requireQuery(source, original, kind)
    }
  }
  return { tensors, config }
}

function placeOf(
  name: string,
  index: string | undefined,
  part: string,
): readonly [string, Layout] | undefined {
  if (index === undefined) return outside[name]
  const found = layerParts.find(([pattern]) => pattern.test(part))
  return found && [`blocks.${index}.${found[1]}`, found[2]]
}

function joinProjections(source: NamedWeights, query: string, index: string): [string, TensorData] {
  const isKernel = query.endsWith('/kernel')
  const rows = projections.map((kind) => {
    const name = query.replace('/query/', `/${kind}/`)
    if (!source.tensors.has(name))
      throw new CheckpointError(
        `checkpoint: ${source.path} has ${query} but no ${name}. Is the file complete?`,
      )
    const heads = source.read(name)
    return isKernel ? transposed(joinHeads(heads, 1)) : joinHeads(heads, 0)
  })
  const [{ dtype, shape }] = rows as [TensorData]
  if (rows.some((row) => row.dtype !== dtype || row.shape.join() !== shape.join()))
    throw new CheckpointError(
      `checkpoint: query, key and value at ${query} of ${source.path} differ in shape.`,
    )
  const [first = 0, ...rest] = shape
  const data = joinData(dtype, rows)
  return [
    `blocks.${index}.attn.qkv.${isKernel ? 'weight' : 'bias'}`,
    { dtype, shape: [3 * first, ...rest], data },
  ]
}

function requireQuery({ path, tensors }: NamedWeights, name: string, kind: string): void {
  const query = name.replace(`/${kind}/`, '/query/')
  if (tensors.has(query)) return
  throw new CheckpointError(`checkpoint: ${path} has ${name} but no ${query}. Is the file complete?`)
}

/** Merges the axes `axis` and `axis` + 1: heads and features of a head. */
function joinHeads({ dtype, shape, data }: TensorData, axis: number): TensorData {
  const joined = (shape[axis] ?? 0) * (shape[axis + 1] ?? 1)
  return { dtype, shape: [...shape.slice(0, axis), joined, ...shape.slice(axis + 2)], data }
}

/**
 * Permutes the axes of a tensor; one with another number of axes is kept, so that a comparison reports it.
 */
function transpose(tensor: TensorData, order: readonly number[]): TensorData {
  const { dtype, shape, data } = tensor
  if (shape.length !== order.length || dtype !== 'float32') return tensor
  const target = order.map((axis) => shape[axis] as number)
  const strides = order.map((axis) => sizeOf(shape.slice(axis + 1)))
  const result = new Float32Array(data.length)
  const inner = target.at(-1) as number
  const step = strides.at(-1) as number
  const outer = target.slice(0, -1)
  const index = outer.map(() => 0)
  for (let at = 0; at < result.length; at += inner) {
    let from = index.reduce((sum, i, axis) => sum + i * (strides[axis] as number), 0)
    for (let i = 0; i < inner; i++, from += step) result[at + i] = (data as Float32Array)[from] as number
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (outer[axis] as number)) break
      index[axis] = 0
    }
  }
  return { dtype: 'float32', shape: target, data: result }
}
