import { taskNamed } from 'dynamic-tuning/tasks'
import { describe, expect, it } from 'vitest'
import { epochLine } from './training-progress.ts'

const [measure] = taskNamed().measures

describe('epochLine', () => {
  it('lines up, and leaves out what was not measured', () => {
    const epoch = {
      kind: 'epoch',
      epoch: 1,
      step: 8,
      trainLoss: 1.23456,
      trainAccuracy: 0.5,
      seconds: 2,
      waitSeconds: 0,
    } as const
    expect(epochLine(epoch, 10, measure)).toBe('epoch  2/10   loss 1.235   train  50.0 %   2.0 s')
    const more = { ...epoch, validationAccuracy: 1, validationLoss: 0, activeRate: 0.456 }
    expect(epochLine(more, 9, measure)).toBe(
      'epoch 2/9   loss 1.235   train  50.0 %   held out 100.0 %   active 46 %   2.0 s',
    )
  })
})
