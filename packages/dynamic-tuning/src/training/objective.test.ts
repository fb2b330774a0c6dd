import { GraphError, input, reduceMean, type Tensor } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { reductionOptions } from '../reduction/options.ts'
import { linearProbe } from '../tuners/linear.ts'
import type { TaskLoss } from './loss.ts'
import { objective } from './objective.ts'
import { smallDyt } from './small-dyt.test.support.ts'

/** A task of its own: outputs near their means, nothing to learn from a teacher. */
const own: TaskLoss<number> = {
  name: 'own',
  title: 'own loss',
  outputs: ['logits'],
  inputs: () => ({ wanted: input('wanted', ['B', 1]) }),
  targets: (truths) => ({
    wanted: { dtype: 'float32', shape: [truths.length, 1], data: Float32Array.from(truths) },
  }),
  of: ({ logits }, { wanted }) => reduceMean([logits, wanted].reduce((a, b) => a ?? b) as Tensor),
}
const pruned = {
  network: network({
    ...smallDyt.network,
    tuner: linearProbe,
    options: linearProbe.defaults,
    reduction: reductionOptions({ reduction: 'dynamicvit' }),
  }),
  loss: smallDyt.loss,
}
const namesOf = (settings: Partial<typeof smallDyt>): string[] => {
  const { network: tuned = smallDyt.network } = settings
  const store = new WeightStore({ trainable: tuned.tunable })
  const outputs = objective(store, { ...smallDyt, ...settings })
  return Object.keys(outputs).filter((name) => !/^(?:grad|mean)\./.test(name))
}
const gates = ['activeRatePerGate', 'masks', 'soft', 'dispatcherLogits']

describe('the objective', () => {
  it('names the terms of the task, and has no distillation where the task has none', () => {
    expect(namesOf({})).toEqual(
      expect.arrayContaining(['logits', 'ceDynamic', 'rateLoss', ...gates, 'ceComplete', 'kl', 'loss']),
    )
    const found = namesOf({ taskLoss: own })
    expect(found.toSorted()).toEqual(
      ['logits', 'ownDynamic', 'rateLoss', ...gates, 'ownComplete', 'loss'].toSorted(),
    )
    const alone = namesOf({ taskLoss: own, loss: { ...smallDyt.loss, complete: false } })
    expect(alone).not.toContain('ownComplete')
    expect(alone).toContain('ownDynamic')
  })

  it('does so for DynamicViT, whose tokens still follow the teacher', () => {
    expect(namesOf({ ...pruned, taskLoss: own })).toEqual(
      expect.arrayContaining(['ownDynamic', 'ownComplete', 'ratioLoss', 'tokenDistance']),
    )
    expect(namesOf({ ...pruned, taskLoss: own })).not.toContain('kl')
    expect(namesOf(pruned)).toContain('kl')
  })

  it('refuses a task that reads what the head does not give', () => {
    const taskLoss = { ...own, outputs: ['boxes'] }
    expect(() => namesOf({ taskLoss })).toThrow(GraphError)
    expect(() => namesOf({ taskLoss })).toThrow('own loss needs boxes, which the head does not give')
  })
})
