import { random, type TensorData } from '@dynamic-tuning/engine'
import type { RunFolder } from '../../io/run-folder.ts'
import type { Network } from '../../network/network.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import type { RunControl } from '../../run/run-control.ts'
import { trainingLoader } from '../../run/training-parts.ts'
import { trainingSession } from '../../run/training-session.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { HostLearner } from '../../training/learners/host.ts'
import { AdamW, defaultAdamW } from '../../training/optimizers/adamw.ts'
import { batchPreparation } from '../../training/prepare-batch.ts'
import type { TrainOutcome } from '../../training/trainer.ts'
import { TrainingStep } from '../../training/training-step.ts'
import { subnetMasks } from '../../tuners/noah-supernet.ts'
import { drawSubnet, type SubnetSpace } from './space.ts'
import { supernetOf } from './supernet.ts'

/**
 * Trains the super-network (stage 1): every step draws a sub-network uniformly and updates the
 * leading slices of the weights that it uses; all weights decay. One graph serves all sub-networks;
 * the draw is an input.
 */
export async function trainSupernet(
  run: RunFolder,
  prepared: Prepared,
  space: SubnetSpace,
  control: RunControl,
): Promise<TrainOutcome> {
  const { settings, model: config } = prepared
  const { network, superDim } = supernetOf(prepared, space)
  const task = taskNamed(settings.task)
  const parts = {
    ...{ task, context: prepared, loader: trainingLoader(prepared) },
    learner: () => openLearner(prepared, network, subnetsOf(space, superDim, settings.seed)),
    prepare: batchPreparation(task.loss, config, settings),
    rateFactor: network.tuner.learningRateFactor,
  }
  return trainingSession(run, settings, parts, control)
}

/** The masks of the sub-network that is drawn for a step. */
function subnetsOf(space: SubnetSpace, superDim: number, seed: number): (step: number) => TensorData {
  return (step) => subnetMasks(drawSubnet(space, random(seed, 'noah-supernet', step)), space.layers, superDim)
}

async function openLearner(
  { settings, tensors }: Prepared,
  network: Network,
  masksAt: (step: number) => TensorData,
): Promise<HostLearner> {
  const { seed, threads, device, microBatch, weightDecay } = settings
  const step = await TrainingStep.create({
    ...{ network, seed, microBatch, loss: settings, taskLoss: taskNamed(settings.task).loss },
    store: new WeightStore({ tensors, trainable: network.tunable, seed }),
    compile: { threads, device },
    extraFeeds: ({ step: at }) => ({ subnet: masksAt(at) }),
  })
  return HostLearner.create(step, (weights) => new AdamW(weights, { ...defaultAdamW, weightDecay }))
}
