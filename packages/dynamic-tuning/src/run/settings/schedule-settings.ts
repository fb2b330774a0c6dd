import { z } from 'zod'
import * as setting from '../../setting.ts'
import { scheduleNames } from '../../training/schedules/registry.ts'

/** Length, steps and optimiser of a run's training. */
export const scheduleSettings = {
  epochs: setting.whole({ default: 30, least: 1, help: 'passes over the images', argument: '<n>' }),
  batch: setting.whole({
    default: 64,
    least: 1,
    help: 'images per step; the learning rate scales with it only under --base-learning-rate',
    argument: '<n>',
  }),
  /** As PyTorch's `drop_last`. */
  dropLast: setting.onOff({
    default: false,
    help: 'leave out the last batch of an epoch if it is not full',
  }),
  /** Size of the parts of a batch. The default depends on the model, see `usualMicroBatch`. */
  microBatch: setting.whole({ least: 1, help: 'images per pass; more need more memory', argument: '<n>' }),
  /** Stores only the outputs of layers, and recomputes the rest. */
  recompute: setting.onOff({
    default: false,
    help: 'compute layers again for the gradients: the same weights with less memory, in more time',
  }),
  /** Bytes of the process; decides `microBatch` and `recompute` if they are left open. */
  memory: setting.other(
    z.int().min(1),
    { kind: 'bytes' },
    {
      optional: true,
      help: 'choose --micro-batch to fit, and --recompute where not one image would, by an estimate: 4GB, 800MB',
      argument: '<size>',
      usual: 'near 2 GB of activations',
    },
  ),
  /** Rate at the end of warm-up, before the method's own factor. */
  learningRate: setting.number({
    default: 1e-3,
    above: 0,
    help: 'peak of the schedule',
    argument: '<x>',
    usual: '0.001; full tuning takes a tenth',
  }),
  /** Absent: `learningRate` holds for any batch. */
  baseLearningRate: setting.number({
    optional: true,
    above: 0,
    help: 'learning rate for 256 images a step: the peak is this times batch / 256, unless --learning-rate is given',
    argument: '<x>',
  }),
  schedule: setting.choice(scheduleNames, {
    default: 'cosine',
    help: 'how the learning rate falls: half a cosine, or poly, a power of the steps that are left',
    argument: '<name>',
  }),
  schedulePower: setting.number({
    default: 1,
    above: 0,
    most: 10,
    help: 'exponent of schedule poly',
    argument: '<x>',
    fileOnly: true,
  }),
  weightDecay: setting.number({ default: 1e-4, least: 0, help: 'decoupled decay', argument: '<x>' }),
  warmupEpochs: setting.number({
    least: 0,
    help: 'epochs in which the learning rate rises',
    argument: '<n>',
    usual: 'a tenth of the epochs',
  }),
  minimumLearningRate: setting.number({
    least: 0,
    help: 'at the last step',
    argument: '<x>',
    usual: 'a hundredth of the learning rate',
    fileOnly: true,
  }),
  dropPath: setting.number({
    default: 0,
    least: 0,
    below: 1,
    help: 'chance that an image skips attention or MLP of the last layer in training, rising from 0 in the first',
    argument: '<x>',
  }),
  labelSmoothing: setting.number({
    default: 0,
    least: 0,
    below: 1,
    help: 'share of a target that is spread over all classes',
    argument: '<x>',
  }),
}

/** Settings of runs that were saved before these settings existed, which left that batch out. */
export const settingsBeforeDropLast = { dropLast: true } as const

/** The peak of the schedule for a base rate, which is that for 256 images, as in the official code. */
export function scaledRate(baseLearningRate: number, batch: number): number {
  return (baseLearningRate * batch) / 256
}
