import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../errors.ts'
import { describeHuggingFace } from './hugging-face-config.ts'

describe('the description of a Hugging Face model', () => {
  it('has the defaults of ViTConfig where a Hugging Face file is silent', () => {
    expect(describeHuggingFace('config.json', { model_type: 'vit' })).toEqual({
      config: {
        imageSize: [224, 224],
        patchSize: 16,
        embedDim: 768,
        depth: 12,
        numHeads: 12,
        mlpRatio: 4,
        layerNormEps: 1e-12,
        qkvBias: true,
        globalPool: 'token',
      },
    })
  })

  it('reads sizes that are not square, and classes in the order of their index', () => {
    const { config, classes } = describeHuggingFace('config.json', {
      model_type: 'vit',
      image_size: [96, 192],
      patch_size: [8, 8],
      hidden_size: 48,
      intermediate_size: 120,
      id2label: {
        1: 'dog',
        0: 'cat',
        10: 'k',
        ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((i) => [i, `c${i}`])),
      },
    })
    expect(config).toMatchObject({ imageSize: [96, 192], patchSize: 8, mlpRatio: 2.5, numClasses: 11 })
    expect(classes).toEqual(['cat', 'dog', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'k'])
    const oblong = (): unknown =>
      describeHuggingFace('config.json', { model_type: 'vit', patch_size: [8, 16] })
    expect(oblong).toThrow(/patches in config\.json are not square, got 8 x 16/)
  })

  // facebook/dinov2-small and facebook/dinov2-with-registers-large, as published.
  const small = {
    architectures: ['Dinov2Model'],
    drop_path_rate: 0,
    hidden_act: 'gelu',
    hidden_size: 384,
    image_size: 518,
    layer_norm_eps: 1e-6,
    layerscale_value: 1,
    mlp_ratio: 4,
    model_type: 'dinov2',
    num_attention_heads: 6,
    num_channels: 3,
    num_hidden_layers: 12,
    patch_size: 14,
    qkv_bias: true,
    use_swiglu_ffn: false,
  }
  const said = {
    imageSize: [518, 518],
    patchSize: 14,
    embedDim: 384,
    depth: 12,
    numHeads: 6,
    mlpRatio: 4,
    layerNormEps: 1e-6,
    qkvBias: true,
    initValues: 1,
  }

  it('is that of a DINOv2 with and without registers; the head tells what it classifies from', () => {
    expect(describeHuggingFace('config.json', small)).toEqual({ config: said })
    const large = {
      ...small,
      model_type: 'dinov2_with_registers',
      hidden_size: 1024,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      num_register_tokens: 4,
      id2label: { 0: 'a', 1: 'b' },
    }
    expect(describeHuggingFace('config.json', large)).toEqual({
      config: { ...said, embedDim: 1024, depth: 24, numHeads: 16, regTokens: 4, numClasses: 2 },
      classes: ['a', 'b'],
    })
  })

  it('has the defaults of Dinov2Config where the file is silent', () => {
    const usual = { ...said, imageSize: [224, 224], patchSize: 16, embedDim: 768, numHeads: 12 }
    expect(describeHuggingFace('c', { model_type: 'dinov2' }).config).toEqual(usual)
    expect(describeHuggingFace('c', { model_type: 'dinov2_with_registers' }).config).toEqual({
      ...usual,
      regTokens: 4,
    })
  })

  it('is refused where the model is another, naming the field', () => {
    const refused =
      (change: object): unknown =>
      () =>
        describeHuggingFace('c.json', { ...small, ...change })
    expect(refused({ model_type: 'dinov3_vit' })).toThrow(CheckpointError)
    expect(refused({ model_type: 'dinov3_vit' })).toThrow(/c\.json does not describe a ViT[\s\S]*model_type/)
    expect(refused({ hidden_act: 'silu' })).toThrow(/hidden_act/)
    expect(refused({ mlp_ratio: 'four' })).toThrow(/mlp_ratio/)
  })

  it('refuses numbers of layers that no model has', () => {
    const config = { model_type: 'vit', num_hidden_layers: 1_000_000_000 }
    expect(() => describeHuggingFace('config.json', config)).toThrow(/config\.json.*num_hidden_layers/s)
  })
})
