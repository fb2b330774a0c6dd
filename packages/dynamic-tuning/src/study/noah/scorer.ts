import type { TensorData } from '@dynamic-tuning/engine'
import { drawExamples } from '../../data/draw-examples.ts'
import type { Batch } from '../../data/loader/batch.ts'
import type { Loader } from '../../data/loader/loader.ts'
import { Classifier } from '../../evaluation/classifier.ts'
import { evaluate } from '../../evaluation/evaluate.ts'
import { type Measure, valueIn } from '../../evaluation/measure.ts'
import { compareShapes } from '../../models/compare-shapes.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import { heldOut } from '../../run/training-parts.ts'
import { taskNamed } from '../../tasks/registry.ts'
import type { TrainedWeights } from '../../training/trainer.ts'
import { type Subnet, subnetInput, subnetMasks } from '../../tuners/noah-supernet.ts'
import type { SubnetScore } from './evolve.ts'
import type { SubnetSpace } from './space.ts'
import { supernetOf } from './supernet.ts'

/** Evaluates sub-networks of a trained super-network, one after the other. Release it after use. */
export interface Scorer {
  /** Number of images each is evaluated on. */
  readonly images: number
  score(subnet: Subnet): Promise<SubnetScore>
  release(): Promise<void>
}

/** Parts of a scorer. */
export interface ScorerInput {
  readonly prepared: Prepared
  readonly space: SubnetSpace
  readonly weights: TrainedWeights
  readonly measure: Measure
}

/**
 * Creates a scorer on validation images with the super-network's weights from the file `source`.
 * Images are decoded once.
 * @throws CheckpointError if weights are missing or too many
 */
export async function createScorer(
  { prepared, space, weights, measure }: ScorerInput,
  source: string,
): Promise<Scorer> {
  const { settings, dataset } = prepared
  const { seed, threads, device } = settings
  const { network, superDim } = supernetOf(prepared, space)
  const sample = drawExamples(dataset.validation, settings.validationImages, 0, 'validation')
  const loader = await decoded(prepared, sample)
  const tensors = new Map([...prepared.tensors, ...weights])
  const store = new WeightStore({ tensors, seed })
  const common = { network, store, compile: { threads, device } }
  const classifier = await Classifier.create({ ...common, pass: 'complete' })
  compareShapes(tensors, store.shapes, { source })
  return {
    images: sample.length,
    async score(subnet) {
      const masks: TensorData = subnetMasks(subnet, space.layers, superDim)
      const tally = taskNamed(prepared.settings.task).tally(prepared)
      const options = { weights: new Map([[subnetInput, masks]]) }
      const { measures, loss } = await evaluate(classifier, loader, tally, options)
      return { score: valueIn(measures, measure), loss }
    },
    release: () => classifier.release(),
  }
}

/** What `evaluate` goes through: batches that are made once. */
type Decoded = Pick<Loader, 'epoch' | 'sample'>

async function decoded(prepared: Prepared, examples: Prepared['dataset']['validation']): Promise<Decoded> {
  const loader = heldOut(prepared, examples)
  try {
    const batches: Batch[] = []
    for await (const batch of loader.epoch(0)) batches.push(batch)
    return {
      sample: loader.sample,
      async *epoch() {
        yield* batches
      },
    }
  } finally {
    await loader.close()
  }
}
