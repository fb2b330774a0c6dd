import type { TensorData } from '@dynamic-tuning/engine'
import type { PassResult } from '../../../training/learner.ts'
import { AdamW } from '../../../training/optimizers/adamw.ts'
import { fixtureInput } from '../../fixture.ts'
import { predictions, trainingStages } from './evaluation.ts'
import { type Named, officialName, type SegmentationRun } from './run.ts'
import { batchOf, createStep, lossesOf, outputsOf } from './step.ts'

/** A training step in detail, the weights after it, and an evaluation with these. */
export async function stepTensors(run: SegmentationRun): Promise<Named> {
  const { settings, tensors } = run
  const step = await createStep(run, settings.network)
  const result = await step.run(batchOf(run), 0, fixtureInput(run.fixture, 'gumbel_diff'))
  const gradients = [...result.gradients].map(([name, data]): [string, TensorData] => [
    `grad.${officialName(name)}`,
    { dtype: 'float32', shape: step.weights.get(name)?.shape ?? [], data: data.slice() },
  ])
  const buffers = copied('bn_after', step.buffers)
  new AdamW(step.weights, settings.adamw).update(result.gradients, settings.learningRate)
  const stepped = copied('step1', step.weights)
  const after = new Map([...tensors, ...step.weights, ...step.buffers])
  for (const [name, value] of tensors)
    if (settings.zeroGradient.includes(officialName(name))) after.set(name, value)
  const final = await predictions(run, 'final', after)
  await step.release()
  return [
    ...(await trainingStages(run)),
    ...outputsOf(result, 'train'),
    ...gatesOf(run, result),
    ...lossesOf(result, 'losses_first_step'),
    ...gradients,
    ...buffers,
    ...stepped,
    ...final,
  ]
}

function gatesOf({ settings }: SegmentationRun, { gates }: PassResult): Named {
  if (gates === undefined) return []
  const { sites, decisions } = settings.network.gates
  const { masks, soft, dispatcherLogits } = gates
  const shape = [masks.length / sites.length / decisions, sites.length, decisions]
  return Object.entries({ masks, soft, dispatcher_logits: dispatcherLogits }).map(([name, data]) => [
    `train.${name}`,
    { dtype: 'float32', shape, data },
  ])
}

/** Copies of tensors that further steps change, under official names. */
function copied(prefix: string, tensors: ReadonlyMap<string, TensorData<'float32'>>): Named {
  return [...tensors].map(([name, { shape, data }]) => [
    `${prefix}.${officialName(name)}`,
    { dtype: 'float32', shape, data: data.slice() },
  ])
}
