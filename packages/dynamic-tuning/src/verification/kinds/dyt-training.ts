import type { TensorData } from '@dynamic-tuning/engine'
import { WeightStore } from '../../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../../tasks/classification/loss.ts'
import { logitsOf } from '../../tasks/logits.ts'
import type { PassResult } from '../../training/learner.ts'
import { AdamW } from '../../training/optimizers/adamw.ts'
import type { StepBatch } from '../../training/step-feeds.ts'
import { TrainingStep } from '../../training/training-step.ts'
import { fixtureInput, scalarData } from '../fixture.ts'
import { bothWays, type DytRun, exactly, gatesData, logitsData, samplesOf } from './dyt-run.ts'
import type { Optimizer } from './dyt-settings.ts'

/** Expected names of our losses; `active_rate` is the mean over layers. */
const lossNames: Readonly<Record<string, string>> = {
  ceDynamic: 'ce_dynamic',
  ceComplete: 'ce_complete',
  kl: 'kl',
  rateLoss: 'rate_weighted',
  loss: 'total',
}

/**
 * All expected results of training: the first step in detail, losses, weights after steps, evaluation
 * at the end.
 */
export async function trainingTensors(run: DytRun): Promise<[string, TensorData][]> {
  const produced: [string, TensorData][] = []
  for (const [suffix, optimizer] of run.settings.optimizers) {
    const wanted = stepsWanted(run, suffix)
    const count = suffix === '' ? Math.max(1, stepsGiven(run)) : Math.max(0, ...wanted)
    if (count > 0) produced.push(...(await trajectory(run, suffix, optimizer, { count, wanted })))
  }
  return produced
}

/** All N for which `stepN{suffix}.*` is expected. */
function stepsWanted({ fixture }: DytRun, suffix: string): Set<number> {
  const names = [...fixture.expected.keys()].map((name) => /^step(\d+)([^.]*)\./.exec(name))
  return new Set(names.filter((match) => match?.[2] === suffix).map((match) => Number(match?.[1])))
}

/** Number of steps for which noise is given. */
function stepsGiven({ fixture }: DytRun): number {
  return fixture.inputs.get('gumbel_diff_steps')?.shape[0] ?? 1
}

async function trajectory(
  run: DytRun,
  suffix: string,
  { learningRate, adamw }: Optimizer,
  { count, wanted }: { readonly count: number; readonly wanted: ReadonlySet<number> },
): Promise<[string, TensorData][]> {
  const batch = batchOf(run)
  const step = await createStep(run, batch.size)
  const optimizer = new AdamW(step.weights, adamw)
  const produced: [string, TensorData][] = []
  for (let done = 0; done < count; done++) {
    const result = await step.run(batch, done, noiseOf(run, done))
    if (suffix === '')
      produced.push(...lossesOf(result, done), ...(done === 0 ? detailsOf(run, step, result) : []))
    optimizer.update(result.gradients, learningRate)
    if (wanted.has(done + 1))
      for (const [name, { shape, data }] of step.weights)
        produced.push([`step${done + 1}${suffix}.${name}`, { dtype: 'float32', shape, data: data.slice() }])
  }
  if (suffix === '') produced.push(...(await bothWays(run, 'final', step.weights)))
  await step.release()
  return produced
}

function createStep({ settings, tensors, compile }: DytRun, microBatch: number): Promise<TrainingStep> {
  const { network, loss, trainable } = settings
  const losses = { taskLoss: classificationLoss, loss }
  const store = new WeightStore({ tensors, trainable: exactly(trainable) })
  return TrainingStep.create({ network, ...losses, store, seed: 0, microBatch, compile })
}

function batchOf(run: DytRun): StepBatch {
  const labels = fixtureInput(run.fixture, 'labels').data as BigInt64Array
  const targets = classTargets(labels, { classes: run.settings.network.head.classes })
  return { images: samplesOf(run), targets, size: labels.length }
}

/** The noise of step `done`, [L, I, N, 1] for I images or frames. */
function noiseOf({ fixture }: DytRun, done: number): TensorData {
  const steps = fixture.inputs.get('gumbel_diff_steps')
  if (steps === undefined) return fixtureInput(fixture, 'gumbel_diff')
  const [count = 1, ...shape] = steps.shape
  const size = steps.data.length / count
  const data = (steps.data as Float32Array).subarray(done * size, (done + 1) * size)
  return { dtype: 'float32', shape, data }
}

function lossesOf(result: PassResult, done: number): [string, TensorData][] {
  const rates = result.activeRatePerGate
  const terms = new Map([['active_rate', rates.reduce((a, b) => a + b, 0) / rates.length]])
  for (const [ours, name] of Object.entries(lossNames)) {
    const value = result.scalars[ours]
    if (value !== undefined) terms.set(name, value)
  }
  const groups = [`losses_per_step[${done}]`, ...(done === 0 ? ['losses_first_step', 'losses'] : [])]
  return groups.flatMap((group) =>
    [...terms].map(([term, value]): [string, TensorData] => [`${group}.${term}`, scalarData(value)]),
  )
}

function detailsOf(run: DytRun, step: TrainingStep, result: PassResult): [string, TensorData][] {
  const { head } = run.settings.network
  const produced: [string, TensorData][] = [
    ['train.logits', logitsData(head.classes, logitsOf(result.outputs).values)],
  ]
  for (const [name, data] of result.gradients) {
    const { shape } = step.weights.get(name) as TensorData
    produced.push([`grad.${name}`, { dtype: 'float32', shape, data: data.slice() }])
  }
  if (result.gates === undefined) return produced
  const { masks, soft, dispatcherLogits } = result.gates
  for (const [name, data] of Object.entries({ masks, soft, dispatcher_logits: dispatcherLogits }))
    produced.push([`train.${name}`, gatesData(run, data)])
  return produced
}
