import { type CompileOptions, compile, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { Classifier } from '../../evaluation/classifier.ts'
import { outputOf } from '../../models/head.ts'
import { modelOf } from '../../models/model.ts'
import { mergeTuned, type TunedWeights } from '../../network/merge.ts'
import { network } from '../../network/network.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { present } from '../../present.ts'
import { classificationLoss } from '../../tasks/classification/loss.ts'
import { logitsOf } from '../../tasks/logits.ts'
import { paperLoss } from '../../training/loss-graph.ts'
import { TrainingStep } from '../../training/training-step.ts'
import { type BackboneFixture, backboneBatch, openBackboneFixture } from '../backbone-fixture.ts'
import { isBackboneFixture } from '../backbone-settings.ts'
import { fixtureInput } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { knownMethods, type MethodSettings, methodSettings } from './method-settings.ts'

/** A tuning method on the shared backbone: logits, loss and gradients. */
export const methodKind: FixtureKind = {
  name: 'method',
  matches: (config) =>
    isBackboneFixture(config) &&
    z.looseObject({ method: z.enum(knownMethods as [string]) }).safeParse(config).success,
  async produce(fixture, device) {
    const opened = openBackboneFixture(fixture)
    const settings = methodSettings(opened)
    const { network, rename } = settings
    const { tuner } = network
    const tensors = new Map([...opened.tensors].map(([name, value]) => [rename(name), value]))
    const tuned = { network, tensors }
    const produced = [
      ...(await trained(opened, tuned, device)),
      ['logits (inference)', await classified(opened, tuned, device)] as const,
    ]
    if (tuner.merge !== undefined)
      produced.push(['logits (merged)', await classified(opened, mergeTuned(tuned), device)])
    if (tuner.name === 'full') produced.push(...(await probed(opened, tuned, device)))
    if (tuner.name === 'full') produced.push(await featuresOf(opened, device))
    return new Map(fixtureNames(opened, settings, produced))
  },
}

type Entries = (readonly [string, TensorData])[]

/** One training step: logits, loss and the gradient of every trained weight. */
async function trained(
  opened: BackboneFixture,
  { network, tensors }: TunedWeights,
  device: CompileOptions,
): Promise<Entries> {
  const store = new WeightStore({ tensors, trainable: network.tunable })
  const batch = backboneBatch(opened)
  const losses = { taskLoss: classificationLoss, loss: paperLoss }
  const common = { network, store, seed: 0, microBatch: batch.size, ...losses }
  const step = await TrainingStep.create({ ...common, compile: device })
  const { outputs, scalars, gradients } = await step.run(batch, 0)
  const grads = [...gradients].map(([name, data]): [string, TensorData] => {
    const { shape } = step.weights.get(name) as TensorData
    return [`grad.${name}`, { dtype: 'float32', shape, data: data.slice() }]
  })
  await step.release()
  const loss = Float32Array.of(scalars.loss as number)
  return [
    [
      'logits',
      { dtype: 'float32', shape: [batch.size, opened.config.numClasses], data: logitsOf(outputs).values },
    ],
    ['loss', { dtype: 'float32', shape: [1], data: loss }],
    ...grads,
  ]
}

/** Logits [B, K] of inference. */
async function classified(
  opened: BackboneFixture,
  { network, tensors }: TunedWeights,
  device: CompileOptions,
): Promise<TensorData> {
  const { images } = backboneBatch(opened)
  const classifier = await Classifier.create({
    network,
    store: new WeightStore({ tensors }),
    compile: device,
  })
  const { outputs } = await classifier.classify(images)
  await classifier.release()
  return present(outputs.logits, 'logits')
}

/** The linear probe of the same backbone. */
async function probed(
  opened: BackboneFixture,
  tuned: TunedWeights,
  device: CompileOptions,
): Promise<Entries> {
  const probe = { ...tuned, network: network(modelOf(opened.config)) }
  const found = await trained(opened, probe, device)
  return found.map(([name, value]) => [`${name} (linear)`, value])
}

/** The class token after the final norm, [B, C]. */
async function featuresOf({ fixture, config, tensors }: BackboneFixture, device: CompileOptions) {
  const bare = network(modelOf(config))
  const { outputs } = bare.pass(new WeightStore({ tensors }), bare.input(), { kind: 'complete' })
  const program = await compile({ pooled: outputOf(outputs, 'pooled') }, device)
  const values = await program.run({ images: fixtureInput(fixture, 'images') })
  await program.release()
  return ['features.cls_after_final_norm', values.pooled] as const
}

/** Renames weights back to the fixture's names. */
function fixtureNames({ own }: BackboneFixture, { rename }: MethodSettings, produced: Entries): Entries {
  const names = new Map([...own].map((name) => [`grad.${rename(name)}`, `grad.${name}`]))
  return produced.map(([name, value]) => [names.get(name) ?? name, value])
}
