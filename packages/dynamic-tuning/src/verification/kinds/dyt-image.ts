import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { vitShapes } from '../../models/backbone.ts'
import { compareShapes } from '../../models/compare-shapes.ts'
import { vit } from '../../models/vit.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { dyt } from '../../tuners/dyt.ts'
import { stackLayers } from '../../tuners/stack-layers.ts'
import { type Fixture, fixtureWeights } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { bothWays, classify, type DytRun, imagesOf } from './dyt-run.ts'
import { type DytSettings, dytSettings } from './dyt-settings.ts'
import { trainingTensors } from './dyt-training.ts'

type Tensors = Map<string, TensorData>

const described = z.looseObject({
  kind: z.literal('dyt-image'),
  dispatch: z.looseObject({ variant: z.literal('mlp'), level: z.literal('token') }).optional(),
  adapter: z.looseObject({ kind: z.literal('plain') }).optional(),
})

/** An image ViT with MLP dispatch: evaluation both ways, the complete model, gradients and AdamW steps. */
export const dytImageKind: FixtureKind = {
  name: 'dyt-image',
  matches: (config) => described.safeParse(config).success,
  async produce(fixture, compile) {
    const settings = dytSettings(fixture)
    const run = { fixture, settings, tensors: weightsOf(fixture, settings), compile }
    const produced: Tensors = new Map()
    const add = (tensors: Iterable<[string, TensorData]>): void => {
      for (const [name, tensor] of tensors) produced.set(name, tensor)
    }
    add(await stages(run, 'masked'))
    add(await stages(run, 'skip'))
    add(await bothWays(run, 'eval', new Map(), ' inference'))
    add(await classify(run, 'complete', 'complete', new Map()))
    for (const [name, biases] of Object.entries(settings.edge)) add(await edge(run, name, biases))
    add(await trainingTensors(run))
    return produced
  },
}

function weightsOf(fixture: Fixture, settings: DytSettings): Tensors {
  const { config, options, dispatcherBias } = settings
  const shapes = vitShapes(config, dyt.open(options, { kind: 'masked' }).hooks)
  const tensors = fixtureWeights(fixture)
  if (!dispatcherBias)
    for (const name of shapes.keys())
      if (/mlp_head\.bias$/.test(name))
        tensors.set(name, { dtype: 'float32', shape: [1], data: new Float32Array(1) })
  compareShapes(tensors, shapes, { source: `weights of ${fixture.folder}` })
  return tensors
}

/** All stages of an evaluation; names of the skipping form end in ` (skip)`. */
async function stages(run: DytRun, kind: 'masked' | 'skip'): Promise<[string, TensorData][]> {
  const { config, options } = run.settings
  const opened = dyt.open(options, { kind })
  const images = input('images', ['B', 3, ...config.imageSize])
  const out = vit(images, new WeightStore({ tensors: run.tensors }), config, opened.hooks)
  const blocks = out.blocks.map((block, i) => [`eval.blocks.${i}`, block] as const)
  const program = await compile(
    {
      ...Object.fromEntries(blocks),
      'eval.final_norm': out.features,
      'eval.pooled': out.pooled,
      'eval.logits': out.logits,
      'eval.masks': stackLayers(opened.dispatches.map(({ mask }) => mask)),
      'eval.soft': stackLayers(opened.dispatches.map(({ soft }) => soft)),
      'eval.dispatcher_logits': stackLayers(opened.dispatches.map(({ logits }) => logits)),
    },
    run.compile,
  )
  const values = await program.run({ images: imagesOf(run) })
  await program.release()
  return Object.entries(values).map(([name, value]) => [kind === 'skip' ? `${name} (skip)` : name, value])
}

/** Evaluation with dispatcher biases that open or close whole layers. */
async function edge(
  run: DytRun,
  name: string,
  biases: Readonly<Record<string, number>>,
): Promise<[string, TensorData][]> {
  const changed = Object.entries(biases).map(([weight, value]): [string, TensorData] => [
    weight,
    { dtype: 'float32', shape: [1], data: Float32Array.of(value) },
  ])
  const tensors = new Map([...run.tensors, ...changed])
  return bothWays({ ...run, tensors }, `edge.${name}`, new Map())
}
