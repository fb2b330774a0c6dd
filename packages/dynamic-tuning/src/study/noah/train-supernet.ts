import { random, type TensorData } from '@dynamic-tuning/engine'
import { classTruth } from '../../data/truths/class.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import type { RunControl } from '../../run/pretrain.ts'
import { scheduleOf, trainingLoader } from '../../run/training-parts.ts'
import { AdamW, defaultAdamW } from '../../training/optimizers/adamw.ts'
import { batchPreparation } from '../../training/prepare-batch.ts'
import { type TrainOutcome, train } from '../../training/trainer.ts'
import { TrainingStep } from '../../training/training-step.ts'
import { subnetMasks } from '../../tuners/noah-supernet.ts'
import { trainedPatterns } from '../../tuners/tune.ts'
import { drawSubnet, type SubnetSpace } from './space.ts'
import { supernetOf } from './supernet.ts'

/** Values of the trained weights by name. */
export type TrainedWeights = ReadonlyMap<string, TensorData<'float32'>>

/**
 * Trains the super-network (stage 1): every step draws a sub-network uniformly and moves the leading slices of the weights
 * that it uses; all weights decay. One graph serves all of them, the draw is an input.
 */
export async function trainSupernet(
  run: RunFolder,
  prepared: Prepared,
  space: SubnetSpace,
  control: RunControl,
): Promise<TrainOutcome> {
  const { settings, model: config } = prepared
  const { seed, threads, device, microBatch, epochs, weightDecay } = settings
  const { tuner, superDim } = supernetOf(prepared, space)
  const trainable = trainedPatterns(tuner, settings)
  const masksAt = (step: number): TensorData =>
    subnetMasks(drawSubnet(space, random(seed, 'noah-supernet', step)), space.layers, superDim)
  const loader = trainingLoader(prepared)
  const step = await TrainingStep.create({
    ...{ config, tuner, options: settings, seed, microBatch, loss: settings },
    store: new WeightStore({ tensors: prepared.tensors, trainable, seed }),
    compile: { threads, device },
    extraFeeds: ({ step: at }) => ({ subnet: masksAt(at) }),
  })
  try {
    return await train({
      ...control,
      ...{ run, step, loader, epochs },
      prepare: batchPreparation(classTruth, config, settings),
      schedule: scheduleOf(settings, tuner.learningRateFactor, loader.stepsPerEpoch),
      optimizer: new AdamW(step.weights, { ...defaultAdamW, weightDecay }),
    })
  } finally {
    await Promise.all([loader.close(), step.release()])
  }
}
