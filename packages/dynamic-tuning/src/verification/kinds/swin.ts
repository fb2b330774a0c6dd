import {
  type CompileOptions,
  compile,
  type Dim,
  reshape,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { z } from 'zod'
import { type Backbone, fitBackbone } from '../../models/backbone.ts'
import { buildModel } from '../../models/build-model.ts'
import { layersOf } from '../../models/families.ts'
import { outputOf } from '../../models/head.ts'
import { modelOf } from '../../models/model.ts'
import type { SwinModelConfig } from '../../models/model-config.ts'
import { sampleInput } from '../../models/samples/sample-layout.ts'
import { checkSwinConfig, swinStages } from '../../models/swin/swin-config.ts'
import { fromSwinNames } from '../../models/swin/swin-tensors.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { fixtureConfig, fixtureInput, fixtureWeights } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { sizeFields } from '../vit-settings.ts'
import { classify } from './vit.ts'

const count = z.int().positive()
const { depth: _depth, ...shared } = sizeFields

/** Fields of a fixture's `config.json` that decide its Swin. */
export const swinFields = z.looseObject({
  ...shared,
  depths: z.array(count).min(1),
  num_heads: z.array(count).min(1),
  window_size: count,
  activation: z.literal('gelu_erf'),
})

/** A fixture's model; `img_size` is a side or [height, width]. */
export function swinOf(fields: z.output<typeof swinFields>): SwinModelConfig {
  const side = fields.img_size
  return checkSwinConfig({
    family: 'swin',
    imageSize: typeof side === 'number' ? [side, side] : side,
    patchSize: fields.patch_size,
    embedDim: fields.embed_dim,
    depths: fields.depths,
    numHeads: fields.num_heads,
    windowSize: fields.window_size,
    mlpRatio: fields.mlp_ratio,
    numClasses: fields.num_classes,
    layerNormEps: fields.layer_norm_eps,
    qkvBias: fields.qkv_bias,
  })
}

/** A plain Swin, block by block; tensors have the shape of the grid, [B, rows, columns, C]. */
export const swinKind: FixtureKind = {
  name: 'swin',
  matches: (config) => z.looseObject({ kind: z.literal('swin') }).safeParse(config).success,
  async produce(fixture, options) {
    const config = swinOf(fixtureConfig(fixture, swinFields))
    const tensors = fromSwinNames(fixtureWeights(fixture))
    const backbone = fitBackbone(fixture.folder, { config, tensors })
    const images = fixtureInput(fixture, 'images').data as Float32Array
    const stages = await runStages({ ...backbone, config }, images, options)
    return new Map([...stages, ['logits (inference)', await classify(backbone, images, options)]])
  },
}

async function runStages(
  { config, tensors }: { readonly config: SwinModelConfig; readonly tensors: Backbone['tensors'] },
  images: Float32Array,
  options: CompileOptions,
): Promise<[string, TensorData][]> {
  const model = modelOf(config)
  const out = buildModel(sampleInput(model.sample), new WeightStore({ tensors }), model)
  const stages = swinStages(config)
  const onGrid = (x: Tensor, stage: number): Tensor => {
    const [batch, , width] = x.shape as [Dim, Dim, number]
    return reshape(x, [batch, ...(stages[stage]?.grid ?? []), width])
  }
  const blocks = layersOf(config).map(({ path }, i) => {
    const stage = Number(path.split('.')[1])
    return [path, onGrid(out.blocks[i] as Tensor, stage)] as const
  })
  const merged = out.downsamples.map((x, i) => [`layers.${i + 1}.downsample`, onGrid(x, i + 1)] as const)
  const { logits } = out.outputs
  const program = await compile(
    {
      patch_embed: onGrid(out.patchEmbed, 0),
      ...Object.fromEntries([...blocks, ...merged]),
      norm: onGrid(out.features, stages.length - 1),
      pooled: outputOf(out.outputs, 'pooled'),
      logits,
    },
    options,
  )
  const values = await program.run({ images })
  await program.release()
  return Object.entries(values)
}
