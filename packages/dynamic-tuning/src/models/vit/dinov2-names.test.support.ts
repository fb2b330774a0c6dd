import type { TensorData } from '@dynamic-tuning/engine'

/** Renames weights under timm names as in Hugging Face's Dinov2Model. */
export function toDinov2Names(timm: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  return new Map([...timm].flatMap(([name, tensor]) => namesOf(name, tensor)))
}

/** Hugging Face's names of a weight of DINOv2: one, or three for the rows of `attn.qkv`. */
function namesOf(name: string, { shape, data }: TensorData): [string, TensorData][] {
  const [, index, part = ''] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? []
  const at = `encoder.layer.${index}.`
  const kind = part.split('.').at(-1)
  if (part.startsWith('attn.qkv')) {
    const rows = (shape[0] as number) / 3
    const size = data.length / 3
    return ['query', 'key', 'value'].map((which, i) => [
      `${at}attention.attention.${which}.${kind}`,
      {
        dtype: 'float32',
        shape: [rows, ...shape.slice(1)],
        data: (data as Float32Array).slice(i * size, (i + 1) * size),
      },
    ])
  }
  const renamed: Readonly<Record<string, string>> = {
    cls_token: 'embeddings.cls_token',
    reg_token: 'embeddings.register_tokens',
    pos_embed: 'embeddings.position_embeddings',
    'ls1.gamma': 'layer_scale1.lambda1',
    'ls2.gamma': 'layer_scale2.lambda1',
  }
  const words = name
    .replace('patch_embed.proj', 'embeddings.patch_embeddings.projection')
    .replace(/^norm\./, 'layernorm.')
    .replace(/^head\./, 'classifier.')
  const inLayer = renamed[part] ?? part.replace('attn.proj', 'attention.output.dense')
  return [
    [
      index === undefined ? (renamed[name] ?? words) : at + inLayer,
      { dtype: 'float32', shape, data } as TensorData,
    ],
  ]
}
