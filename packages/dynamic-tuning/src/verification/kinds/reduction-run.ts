import { type CompileOptions, compile, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { Classifier } from '../../evaluation/classifier.ts'
import { compareShapes } from '../../models/compare-shapes.ts'
import { modelOf } from '../../models/model.ts'
import { type Network, network } from '../../network/network.ts'
import { weightShapes } from '../../network/weight-shapes.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { present } from '../../present.ts'
import { checkReductionFits } from '../../reduction/check-reduction.ts'
import type { ReductionOptions } from '../../reduction/options.ts'
import { classificationLoss } from '../../tasks/classification/loss.ts'
import type { PassResult } from '../../training/learner.ts'
import { type LossSettings, paperLoss } from '../../training/loss-graph.ts'
import { TrainingStep, type TrainingStepSettings } from '../../training/training-step.ts'
import { full } from '../../tuners/full.ts'
import { type BackboneFixture, backboneBatch } from '../backbone-fixture.ts'
import { exactly } from './dyt-run.ts'

/** A fixture of a token reduction on a bare backbone. */
export interface ReductionRun {
  readonly opened: BackboneFixture
  readonly reduction: ReductionOptions
  readonly compile: CompileOptions
}

export type Named = [string, TensorData]

/** Refuses unsuitable layers and weights before anything runs. @throws ConfigError, CheckpointError */
export function checkRun({ opened, reduction }: ReductionRun): void {
  const { fixture, config, tensors } = opened
  checkReductionFits(fixture.folder, reduction, modelOf(config))
  const shapes = weightShapes(networkOf({ opened, reduction }))
  compareShapes(tensors, shapes, { source: `weights of ${fixture.folder}` })
}

/** The backbone with the reduction; all weights are trained. */
function networkOf({ opened: { config }, reduction }: Pick<ReductionRun, 'opened' | 'reduction'>): Network {
  return network({ ...modelOf(config), tuner: full, reduction })
}

/** Logits [B, K] of inference. */
export async function inferred(
  { opened, reduction, compile: options }: ReductionRun,
  name: string,
  pass: 'skip' | 'masked' = 'skip',
): Promise<Named> {
  const store = new WeightStore({ tensors: opened.tensors })
  const settings = { network: networkOf({ opened, reduction }), store, pass, compile: options }
  const classifier = await Classifier.create(settings)
  const { images } = backboneBatch(opened)
  const { outputs } = await classifier.classify(images)
  await classifier.release()
  return [name, present(outputs.logits, 'logits')]
}

/** The reduction's decisions by name, and where tokens ended. */
export async function recorded(run: ReductionRun): Promise<Map<string, TensorData>> {
  const network = networkOf(run)
  const store = new WeightStore({ tensors: run.opened.tensors })
  const { outputs: ofHead, reduced } = network.pass(store, network.input(), { kind: 'skip' })
  const places = [...reduced.places.values()]
  const last = places.at(-1)
  const outputs: Record<string, Tensor> = { ...Object.fromEntries(reduced.records), ...ofHead }
  if (last) outputs.places = last
  const program = await compile(outputs, run.compile)
  const values = await program.run({ images: backboneBatch(run.opened).images })
  await program.release()
  return new Map(Object.entries(values))
}

/** Settings of a training step for the weights with expected gradients, whose names start with `prefix`. */
export function stepSettings(
  { opened, reduction, compile: options }: ReductionRun,
  prefix: string,
  loss: LossSettings = paperLoss,
): TrainingStepSettings {
  const { tensors, fixture } = opened
  const names = [...fixture.expected.keys()].filter((name) => name.startsWith(prefix))
  const store = new WeightStore({
    tensors,
    trainable: exactly(names.map((name) => name.slice(prefix.length))),
  })
  const batch = backboneBatch(opened)
  const losses = { taskLoss: classificationLoss, loss }
  const common = { network: networkOf({ opened, reduction }), ...losses, store, seed: 0 }
  return { ...common, microBatch: batch.size, compile: options }
}

/** One training step: its result, and the gradients under their expected names. */
export async function trained(
  run: ReductionRun,
  prefix: string,
  { loss, noise }: { readonly loss?: LossSettings; readonly noise?: TensorData } = {},
): Promise<{ readonly result: PassResult; readonly gradients: Named[] }> {
  const step = await TrainingStep.create(stepSettings(run, prefix, loss))
  const result = await step.run(backboneBatch(run.opened), 0, noise)
  const gradients = [...result.gradients].map(([name, data]): Named => {
    const { shape } = step.weights.get(name) as TensorData
    return [`${prefix}${name}`, { dtype: 'float32', shape, data: data.slice() }]
  })
  await step.release()
  return { result, gradients }
}

/** A number as a tensor with one element. */
export function single(value: number | undefined): TensorData {
  return { dtype: 'float32', shape: [1], data: Float32Array.of(value ?? Number.NaN) }
}
