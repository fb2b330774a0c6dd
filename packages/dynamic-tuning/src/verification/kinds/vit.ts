import { type CompileOptions, compile, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { Classifier } from '../../evaluation/classifier.ts'
import { openBackbone } from '../../io/backbone.ts'
import { type Backbone, fitBackbone } from '../../models/backbone.ts'
import { buildModel } from '../../models/build-model.ts'
import { outputOf } from '../../models/head.ts'
import { modelOf } from '../../models/model.ts'
import { sampleInput } from '../../models/samples/sample-layout.ts'
import { network } from '../../network/network.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { present } from '../../present.ts'
import { type Fixture, fixtureConfig, fixtureInput, fixtureWeights, isHuggingFace } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { vitFields, vitOf } from '../vit-settings.ts'

/** A plain ViT stage by stage, with weights under timm names or as a Hugging Face folder. */
export const vitKind: FixtureKind = {
  name: 'vit',
  matches: (config) =>
    isHuggingFace(config) || z.looseObject({ kind: z.literal('vit') }).safeParse(config).success,
  async produce(fixture, options) {
    const backbone = open(fixture)
    const images = fixtureInput(fixture, 'images').data as Float32Array
    const stages = await runStages(backbone, images, options)
    return new Map([...stages, ['logits (inference)', await classify(backbone, images, options)]])
  },
}

function open(fixture: Fixture): Backbone {
  if (isHuggingFace(fixture.config)) return openBackbone(fixture.folder)
  const config = vitOf(fixtureConfig(fixture, vitFields))
  return fitBackbone(fixture.folder, { config, tensors: fixtureWeights(fixture) })
}

async function runStages(
  { config, tensors }: Backbone,
  images: Float32Array,
  options: CompileOptions,
): Promise<[string, TensorData][]> {
  const model = modelOf(config)
  const out = buildModel(sampleInput(model.sample), new WeightStore({ tensors }), model)
  const blocks = out.blocks.map((block, i) => [`blocks.${i}`, block] as const)
  const { patchEmbed: patch_embed, embed, features } = out
  const { logits } = out.outputs
  const pooled = outputOf(out.outputs, 'pooled')
  const stages = { patch_embed, embed, ...Object.fromEntries(blocks), features, pooled, logits }
  const program = await compile(stages, options)
  const values = await program.run({ images })
  await program.release()
  return Object.entries(values)
}

/** Logits [B, K] of inference. */
export async function classify(
  { config, tensors }: Backbone,
  images: Float32Array,
  compile: CompileOptions,
): Promise<TensorData> {
  const store = new WeightStore({ tensors })
  const classifier = await Classifier.create({ network: network(modelOf(config)), store, compile })
  const { outputs } = await classifier.classify(images)
  await classifier.release()
  return present(outputs.logits, 'logits')
}
