import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { drawWeights } from '../models/backbone.ts'
import { buildModel } from '../models/build-model.ts'
import { toJaxNames } from '../models/checkpoints/jax-names.test.support.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { openBackbone } from './backbone.ts'
import { npzBytes } from './formats/numpy/write-npz.test.support.ts'
import {
  ownStorage,
  torchLegacyBytes,
  torchZipBytes,
  type Written,
} from './formats/torch/write-torch.test.support.ts'
import { openTensors } from './open-tensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const config: VitModelConfig = {
  imageSize: [24, 24],
  patchSize: 8,
  embedDim: 12,
  depth: 2,
  numHeads: 3,
  mlpRatio: 2,
  numClasses: 4,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}
/** Everything non-zero, so that nothing can be mixed up unseen. */
const weights = new Map(
  [...drawWeights(config, 5)].map(([name, { shape, data }], i) => {
    const values = (data as Float32Array).map((x, k) => x + 0.02 * Math.sin(1 + i + k))
    return [name, { dtype: 'float32', shape, data: values } as TensorData<'float32'>] as const
  }),
)
const folder = mkdtempSync(join(tmpdir(), 'formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

const asPickle = (tensors: ReadonlyMap<string, TensorData>): Written =>
  new Map(
    [...tensors].map(([name, { shape, data }], i): [string, Written] => [
      name,
      { storage: ownStorage(String(i), data as Float32Array), shape },
    ]),
  )

/** As transformers' ViTForImageClassification is saved. */
function toVitNames(): Map<string, TensorData> {
  const parts: Readonly<Record<string, string>> = {
    norm1: 'layernorm_before',
    norm2: 'layernorm_after',
    'attn.proj': 'attention.output.dense',
    'mlp.fc1': 'intermediate.dense',
    'mlp.fc2': 'output.dense',
  }
  const outside: Readonly<Record<string, string>> = {
    cls_token: 'vit.embeddings.cls_token',
    pos_embed: 'vit.embeddings.position_embeddings',
    'patch_embed.proj.weight': 'vit.embeddings.patch_embeddings.projection.weight',
    'patch_embed.proj.bias': 'vit.embeddings.patch_embeddings.projection.bias',
    'norm.weight': 'vit.layernorm.weight',
    'norm.bias': 'vit.layernorm.bias',
    'head.weight': 'classifier.weight',
    'head.bias': 'classifier.bias',
  }
  const renamed = new Map<string, TensorData>()
  for (const [name, tensor] of weights) {
    const [, index, part = '', kind] = /^blocks\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? []
    if (index === undefined) renamed.set(outside[name] as string, tensor)
    else if (part !== 'attn.qkv') renamed.set(`vit.encoder.layer.${index}.${parts[part]}.${kind}`, tensor)
    else
      for (const [i, which] of ['query', 'key', 'value'].entries()) {
        const size = tensor.data.length / 3
        const shape = [(tensor.shape[0] as number) / 3, ...tensor.shape.slice(1)]
        const data = tensor.data.slice(i * size, (i + 1) * size)
        renamed.set(`vit.encoder.layer.${index}.attention.attention.${which}.${kind}`, {
          ...tensor,
          shape,
          data,
        })
      }
  }
  return renamed
}

/** Writes the weights in two files with an index over both. @returns the folder */
function sharded(name: string): string {
  const place = join(folder, name)
  mkdirSync(place)
  const map: Record<string, string> = {}
  const files = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
  for (const [i, file] of files.entries()) {
    const part = [...weights].filter((_, k) => k % 2 === i)
    writeSafetensors(join(place, file), part)
    for (const [tensor] of part) map[tensor] = file
  }
  writeFileSync(
    join(place, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }),
  )
  return place
}

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}
const safetensors = (name: string, tensors: ReadonlyMap<string, TensorData>): string => {
  writeSafetensors(join(folder, name), tensors)
  return join(folder, name)
}
const bigVision = { norms: [0, 1], attention: 0, mlp: 0 } as const
const inState = new Map(
  [...toJaxNames(weights, config)].map(([name, tensor]) => [`opt/target/${name}`, tensor]),
)

const images = Float32Array.from({ length: 2 * 3 * 24 * 24 }, (_, i) => Math.sin(i / 7))
async function logitsOf(path: string): Promise<unknown> {
  const opened = openBackbone(path, { numHeads: 3 })
  expect(opened.config).toEqual(config)
  expect(new Map([...opened.tensors].sort())).toEqual(new Map([...weights].sort()))
  const { logits } = buildModel(
    input('images', ['B', 3, 24, 24]),
    new WeightStore(opened),
    modelOf(config),
  ).outputs
  const program = await compile({ logits })
  try {
    return (await program.run({ images })).logits.data
  } finally {
    await program.release()
  }
}

describe('the same weights from any format', () => {
  it('give identical logits', async () => {
    const wanted = await logitsOf(safetensors('timm.safetensors', weights))
    const paths = [
      safetensors('hf.safetensors', toVitNames()),
      sharded('shards'),
      join(folder, 'shards', 'model.safetensors.index.json'),
      write('jax.npz', npzBytes(toJaxNames(weights, config))),
      write('jax-compressed.npz', npzBytes(toJaxNames(weights, config), { deflate: true })),
      write('big-vision.npz', npzBytes(toJaxNames(weights, config, bigVision))),
      write('jax-state.npz', npzBytes(inState)),
      write('timm.pth', torchZipBytes(asPickle(weights))),
      write('deit.pth', torchZipBytes({ dict: { model: asPickle(weights), epoch: 300 } })),
      write('pytorch_model.bin', torchZipBytes(asPickle(toVitNames()))),
      write('legacy.pt', torchLegacyBytes(asPickle(weights))),
      write('without-ending', torchLegacyBytes(asPickle(weights))),
    ]
    for (const path of paths) expect(await logitsOf(path), path).toEqual(wanted)
  })

  it('JAX kernels tell the heads, and pre_logits take the head away', () => {
    const jax = toJaxNames(weights, config)
    expect(openBackbone(write('heads.npz', npzBytes(jax))).config.numHeads).toBe(3)
    const layer = { dtype: 'float32', shape: [12, 12], data: new Float32Array(144) } as const
    jax
      .set('pre_logits/kernel', layer)
      .set('pre_logits/bias', { ...layer, shape: [12], data: new Float32Array(12) })
    const path = write('in21k.npz', npzBytes(jax))
    expect(openBackbone(path, { numClasses: 7 }).tensors.has('head.weight')).toBe(false)
    expect(() => openBackbone(path)).toThrow(/no head; give the number of classes/)
  })

  it('JAX names that are missing or unknown are reported', () => {
    const jax = toJaxNames(weights, config)
    const attention = 'Transformer/encoderblock_1/MultiHeadDotProductAttention_1'
    const without = (name: string) => () =>
      openBackbone(write('part.npz', npzBytes([...jax].filter(([each]) => each !== name))))
    expect(without(`${attention}/key/kernel`)).toThrow(/query\/kernel but no .*key\/kernel/)
    expect(without(`${attention}/query/bias`)).toThrow(/key\/bias but no .*query\/bias/)
    expect(without('Transformer/encoder_norm/bias')).toThrow(/missing +norm\.bias \[12\]/)
    jax.set('conv_root/kernel', { dtype: 'float32', shape: [1], data: new Float32Array(1) })
    expect(without('none')).toThrow(/unexpected +conv_root\/kernel \[1\]/)
  })

  it('float64 becomes float32, and NaN is refused in any format', () => {
    const broken = new Map([
      ...weights,
      ['norm.bias', { dtype: 'float32', shape: [12], data: new Float32Array(12).fill(Number.NaN) }],
    ] as const)
    for (const path of [
      write('nan.pth', torchZipBytes(asPickle(broken))),
      write('nan.npz', npzBytes(toJaxNames(broken, config))),
    ])
      expect(() => openBackbone(path, { numHeads: 3 })).toThrow(/holds NaN at element 0/)
    const wide = [...weights].map(
      ([name, { shape, data }]) =>
        [name, { dtype: 'float64', shape, data: Float64Array.from(data) }] as const,
    )
    writeSafetensors(join(folder, 'wide.safetensors'), wide)
    const opened = openBackbone(join(folder, 'wide.safetensors'), { numHeads: 3 })
    expect(new Map([...opened.tensors].sort())).toEqual(new Map([...weights].sort()))
  })

  it('weights of a published size have the published number of heads', () => {
    const small = { ...config, imageSize: [8, 8], embedDim: 192, depth: 12, mlpRatio: 1 } as const
    const path = safetensors('small.safetensors', drawWeights(small, 0))
    expect(openBackbone(path).config.numHeads).toBe(3)
    expect(openBackbone(path, { numHeads: 6 }).config.numHeads).toBe(6)
    expect(() => openBackbone(safetensors('odd.safetensors', weights))).toThrow(ConfigError)
  })
})

describe('openTensors', () => {
  it.each([
    ['version https://git-lfs.github.com/spec/v1\noid sha256:00', /is a pointer of Git LFS, .*git lfs pull/],
    ['<!DOCTYPE html><html>', /is a web page\. Download the file again/],
    ['\x89HDF\r\n', /is HDF5\. Convert it/],
    ['\x1f\x8b\x08', /is compressed by gzip/],
    ['\x93NUMPY\x01\x00', /is one NumPy array\. Save all weights with numpy\.savez/],
    ['\x80\x04\x95', /is a pickle, which can run code/],
    ['MZ', /is of no known kind\. Weights are read from safetensors, /],
    ['', /is of no known kind/],
    ['{"a": 1}', /has no weight_map of tensors to files/],
    [
      '{"weight_map": {"x": "../secret.safetensors"}}',
      /puts "x" into "\.\.\/secret\.safetensors", expected a file of its own/,
    ],
    ['{"weight_map": {"x": "absent.safetensors"}}', /cannot open .*absent\.safetensors/],
    ['PK\x03\x04', /is damaged, it has no directory at its end/],
  ])('says what a file is that it cannot read: %j', (content, message) => {
    const path = write('strange', Buffer.from(content, 'latin1'))
    expect(() => openTensors(path)).toThrow(CheckpointError)
    expect(() => openTensors(path)).toThrow(message)
  })

  it('finds the weights of a folder, and asks where there are several', () => {
    const place = mkdtempSync(join(folder, 'several-'))
    writeFileSync(join(place, 'own.npz'), npzBytes(toJaxNames(weights, config)))
    expect(openBackbone(place).config).toEqual(config)
    writeFileSync(join(place, 'own.pth'), torchZipBytes(asPickle(weights)))
    expect(() => openBackbone(place)).toThrow(
      /has no model\.safetensors but own\.npz, own\.pth\. Name one of them/,
    )
    writeFileSync(join(place, 'pytorch_model.bin'), torchZipBytes(asPickle(weights)))
    expect(openBackbone(place, { numHeads: 2 }).config.numHeads).toBe(2)
  })

  it('refuses an index that names itself, or another index', () => {
    const index = write('self.index.json', Buffer.from('{"weight_map": {"a": "self.index.json"}}'))
    expect(() => openTensors(index)).toThrow(CheckpointError)
    expect(() => openTensors(index)).toThrow(/self\.index\.json is an index itself/)
  })

  it('reports a shard that lacks a promised tensor', () => {
    const place = sharded('lacking')
    const map = { weight_map: { 'not.there': 'model-00001-of-00002.safetensors' } }
    writeFileSync(join(place, 'model.safetensors.index.json'), JSON.stringify(map))
    expect(() => openBackbone(place)).toThrow(
      /promises "not\.there" in model-00001-of-00002\.safetensors, which lacks it/,
    )
  })
})
