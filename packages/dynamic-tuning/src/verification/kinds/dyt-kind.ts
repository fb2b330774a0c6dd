import { type CompileOptions, compile, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { compareShapes } from '../../models/compare-shapes.ts'
import { outputOf } from '../../models/head.ts'
import type { VitModelConfig } from '../../models/model-config.ts'
import { network } from '../../network/network.ts'
import { weightShapes } from '../../network/weight-shapes.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { stackLayers } from '../../tuners/stack-layers.ts'
import { type Fixture, fixtureWeights } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { bothWays, classify, type DytRun, samplesOf } from './dyt-run.ts'
import { type DytSettings, dytSettings } from './dyt-settings.ts'
import { trainingTensors } from './dyt-training.ts'

type Tensors = Map<string, TensorData>

/** What differs between kinds of Dynamic Tuning fixtures. */
export interface DytKind {
  /** The kind as written in `config.json`. */
  readonly name: string
  /** Name of the samples among the inputs. */
  readonly samples: string
  /** The model. @throws ConfigError for unsupported settings */
  modelOf(fixture: Fixture): VitModelConfig
}

/**
 * A model with any kind of dispatch: masked and skipping evaluation, the complete model, gradients
 * and AdamW steps.
 */
export function dytKind({ name, samples, modelOf }: DytKind): FixtureKind {
  return {
    name,
    matches: (config) => z.looseObject({ kind: z.literal(name) }).safeParse(config).success,
    async produce(fixture, compile) {
      const settings = { ...dytSettings(fixture, modelOf(fixture)), samples }
      return produceAll(fixture, settings, compile)
    },
  }
}

async function produceAll(
  fixture: Fixture,
  settings: DytSettings,
  compile: CompileOptions,
): Promise<Tensors> {
  const run = { fixture, settings, tensors: weightsOf(fixture, settings), compile }
  const produced: Tensors = new Map()
  const add = (tensors: Iterable<[string, TensorData]>): void => {
    for (const [name, tensor] of tensors) produced.set(name, tensor)
  }
  add(await stages(run, 'masked'))
  add(await stages(run, 'skip'))
  add(await bothWays(run, 'eval', new Map(), ' inference'))
  add(await classify(run, 'complete', 'complete', new Map()))
  const { options } = settings.network
  if (options.experts > 1) {
    const plain = network({ ...settings.network, options: { ...options, router: 'none' } })
    add(
      await classify(
        { ...run, settings: { ...settings, network: plain } },
        'alpha_none.complete',
        'complete',
        new Map(),
      ),
    )
  }
  for (const [name, biases] of Object.entries(settings.edge)) add(await edge(run, name, biases))
  add(await trainingTensors(run))
  return produced
}

function weightsOf(fixture: Fixture, settings: DytSettings): Tensors {
  const { network, dispatcherBias } = settings
  const shapes = weightShapes(network)
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
  const { network } = run.settings
  const thresholds = network.gates.sites.map(() => 0.5)
  const store = new WeightStore({ tensors: run.tensors })
  const out = network.pass(store, network.input(), { kind, thresholds })
  const blocks = out.blocks.map((block, i) => [`eval.blocks.${i}`, block] as const)
  const routes: Record<string, Tensor> =
    out.routes.length > 0 ? { 'eval.alphas': stackLayers(out.routes) } : {}
  const program = await compile(
    {
      ...Object.fromEntries(blocks),
      'eval.final_norm': out.features,
      'eval.pooled': outputOf(out.outputs, 'pooled'),
      'eval.logits': outputOf(out.outputs, 'logits'),
      'eval.masks': stackLayers(out.dispatches.map(({ mask }) => mask)),
      'eval.soft': stackLayers(out.dispatches.map(({ soft }) => soft)),
      'eval.dispatcher_logits': stackLayers(out.dispatches.map(({ logits }) => logits)),
      ...routes,
    },
    run.compile,
  )
  const values = await program.run({ images: samplesOf(run) })
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
