import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import type { Backbone } from '../models/backbone.ts'
import { asVit } from '../models/backbone-config.ts'
import { buildModel, modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { toDinov2Names } from '../models/vit/dinov2-names.test.support.ts'
import { plainVit } from '../models/vit/plain-vit.test.support.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { openBackbone } from './backbone.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const root = mkdtempSync(join(tmpdir(), 'dinov2-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A DINOv2 with registers, small but for its patches. */
const config = {
  imageSize: [42, 42],
  patchSize: 14,
  embedDim: 12,
  depth: 2,
  numHeads: 3,
  mlpRatio: 4,
  numClasses: 3,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
  initValues: 1,
  regTokens: 4,
} satisfies VitModelConfig
const valuesOf = (model: VitModelConfig): Map<string, TensorData> =>
  randomValues(modelShapes(modelOf(model)), 5, 0.3)

/** A folder with weights and a config.json. */
function folderOf(tensors: ReadonlyMap<string, TensorData>, json?: unknown): string {
  const folder = mkdtempSync(join(root, 'model-'))
  writeSafetensors(join(folder, 'model.safetensors'), tensors)
  if (json !== undefined) writeFileSync(join(folder, 'config.json'), JSON.stringify(json))
  return folder
}

async function logitsOf({ config: own, tensors }: Backbone): Promise<Float32Array> {
  const { logits } = buildModel(
    input('images', ['B', 3, ...own.imageSize]),
    new WeightStore({ tensors }),
    modelOf(asVit(own)),
  ).outputs
  const program = await compile({ logits }, { threads: 1 })
  const { logits: found } = await program.run({ images: imagesFor(asVit(own)) })
  await program.release()
  return found.data as Float32Array
}

const imagesFor = ({ imageSize }: VitModelConfig): Float32Array => noise(3 * imageSize[0] * imageSize[1], 6)
const plainLogits = (values: Map<string, TensorData>, own: VitModelConfig): number[] =>
  plainVit(imagesFor(asVit(own)), values, own).logits

describe("DINOv2 in Hugging Face's names", () => {
  const json = {
    model_type: 'dinov2_with_registers',
    image_size: 42,
    patch_size: 14,
    hidden_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    num_register_tokens: 4,
    id2label: { 0: 'ant', 1: 'bee', 2: 'fly' },
  }
  /** As Dinov2WithRegistersForImageClassification is saved. */
  function stored(values: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
    const inside = (name: string): string =>
      name.startsWith('classifier') ? name : `dinov2_with_registers.${name}`
    const named = [...toDinov2Names(values)].map(([name, tensor]) => [inside(name), tensor] as const)
    const mask = { dtype: 'float32', shape: [1, 12], data: new Float32Array(12) } as const
    return new Map([...named, [inside('embeddings.mask_token'), mask]])
  }

  it('classifies as its authors do, from class token and mean patch', async () => {
    const whole: VitModelConfig = { ...config, globalPool: 'token+avg' }
    const values = valuesOf(whole)
    const opened = openBackbone(folderOf(stored(values), json))
    expect(opened.config).toEqual(whole)
    expect(opened.classes).toEqual(['ant', 'bee', 'fly'])
    expect(opened.tensors.get('head.weight')?.shape).toEqual([3, 24])
    const wanted = plainLogits(values, whole)
    expect(farthest(await logitsOf(opened), wanted)).toBeLessThan(1e-4 * Math.max(...wanted.map(Math.abs)))
    expect(openBackbone(folderOf(stored(values)), { numHeads: 3 }).config).toEqual({
      ...whole,
      initValues: 1e-5,
    })
  })

  it('comes without a head and without registers too', () => {
    const bare: VitModelConfig = { ...config, regTokens: 0, numClasses: 7 }
    const values = new Map([...valuesOf(bare)].filter(([name]) => !name.startsWith('head.')))
    const { num_register_tokens: _, id2label: __, ...plain } = json
    const folder = folderOf(toDinov2Names(values), { ...plain, model_type: 'dinov2' })
    const { regTokens: ___, ...wanted } = bare
    expect(openBackbone(folder, { numClasses: 7 }).config).toEqual(wanted)
    expect(() => openBackbone(folder)).toThrow(/no head; give the number of classes/)
  })

  it('reports what is missing, unknown and misshaped under the names it knows', () => {
    const tensors = stored(valuesOf({ ...config, globalPool: 'token+avg' }))
    tensors.delete('dinov2_with_registers.encoder.layer.1.layer_scale2.lambda1')
    tensors.set(
      'dinov2_with_registers.encoder.layer.0.extra.weight',
      tensors.get('classifier.bias') as TensorData,
    )
    const registers = { dtype: 'float32', shape: [1, 3, 12], data: new Float32Array(36) } as const
    tensors.set('dinov2_with_registers.embeddings.register_tokens', registers)
    const open = (): unknown => openBackbone(folderOf(tensors, json))
    expect(open).toThrow(CheckpointError)
    expect(open).toThrow(/missing +blocks\.1\.ls2\.gamma \[12\]/)
    expect(open).toThrow(/misshaped +reg_token \[1, 3, 12\], expected \[1, 4, 12\]/)
    expect(open).toThrow(/unexpected +dinov2_with_registers\.encoder\.layer\.0\.extra\.weight \[3\]/)
  })

  it('is refused where its MLPs are gated', () => {
    const tensors = toDinov2Names(valuesOf(config))
    const at = 'encoder.layer.0.mlp'
    tensors.set(`${at}.weights_in.weight`, tensors.get(`${at}.fc1.weight`) as TensorData)
    tensors.delete(`${at}.fc1.weight`)
    const open = (): unknown => openBackbone(folderOf(tensors, { ...json, use_swiglu_ffn: true }))
    expect(open).toThrow(ConfigError)
    expect(open).toThrow(/model\.safetensors: its MLPs are gated \(SwiGLU\)/)
  })
})

describe("DINOv2 in its authors' and in timm's names", () => {
  const values = valuesOf(config)
  const mask: [string, TensorData] = [
    'mask_token',
    { dtype: 'float32', shape: [1, 12], data: new Float32Array(12) },
  ]
  const original = new Map([
    ...[...values].map(([name, tensor]) => [name.replace('reg_token', 'register_tokens'), tensor] as const),
    mask,
  ])
  /** As timm converts that file: the class token's position is added to it once and for all. */
  function timm(): Map<string, TensorData> {
    const [token, positions] = ['cls_token', 'pos_embed'].map(
      (name) => values.get(name) as TensorData<'float32'>,
    ) as [TensorData<'float32'>, TensorData<'float32'>]
    const added = token.data.map((value, i) => value + (positions.data[i] as number))
    return new Map([
      ...values,
      ['cls_token', { ...token, data: added }],
      ['pos_embed', { dtype: 'float32', shape: [1, 9, 12], data: positions.data.slice(12) }],
    ])
  }

  it.each([undefined, [56, 28] as const])(
    'gives the same logits in both forms, at image size %s',
    async (size) => {
      const options = { numHeads: 3, ...(size && { imageSize: size }) }
      const own = openBackbone(folderOf(original), options)
      const converted = openBackbone(folderOf(timm()), options)
      expect(own.config).toEqual({ ...config, initValues: 1e-5, imageSize: size ?? [42, 42] })
      expect(converted.config).toEqual({ ...own.config, noEmbedClass: true })
      const wanted = plainLogits(new Map(own.tensors), asVit(own.config))
      const limit = 1e-4 * Math.max(...wanted.map(Math.abs))
      expect(farthest(await logitsOf(own), wanted)).toBeLessThan(limit)
      expect(farthest(await logitsOf(converted), wanted)).toBeLessThan(limit)
    },
  )

  it("takes timm's config.json and the number of heads from the model's name", () => {
    const small: VitModelConfig = {
      ...config,
      imageSize: [28, 28],
      embedDim: 384,
      depth: 1,
      mlpRatio: 1,
      numHeads: 6,
      noEmbedClass: true,
    }
    const named = folderOf(valuesOf(small), {
      architecture: 'vit_small_patch14_reg4_dinov2',
      num_classes: 3,
      global_pool: 'token',
      pretrained_cfg: { input_size: [3, 28, 28], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    })
    const opened = openBackbone(named)
    expect(opened.config).toEqual({ ...small, initValues: 1e-5 })
    expect(opened.normalization.mean).toEqual([0.485, 0.456, 0.406])
    const file = join(folderOf(valuesOf({ ...small, noEmbedClass: false })), 'model.safetensors')
    expect(openBackbone(file, { model: 'vit_small_patch14_dinov2' }).config).toEqual({
      ...opened.config,
      noEmbedClass: undefined,
    })
  })
})
