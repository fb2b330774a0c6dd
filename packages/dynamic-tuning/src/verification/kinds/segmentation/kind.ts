import type { TensorData } from '@dynamic-tuning/engine'
import { compareShapes } from '../../../models/compare-shapes.ts'
import { relativePositionIndex } from '../../../models/vit/relative-positions.ts'
import { weightShapes } from '../../../network/weight-shapes.ts'
import { fixtureWeights } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { dropoutTensors } from './dropout.ts'
import { predictions, stageTensors } from './evaluation.ts'
import { asExpected, type Named, ownName, type SegmentationRun } from './run.ts'
import { isSegmentationFixture, segmentationSettings } from './settings.ts'
import { slideTensors } from './slide.ts'
import { stepTensors } from './training.ts'

/**
 * A ViT with Dynamic Tuning and UPerNet: evaluation stage by stage, a training step with its gradients and
 * running statistics, the same with given dropout, and sliding windows.
 */
export const segmentationKind: FixtureKind = {
  name: 'dyt-segmentation',
  matches: isSegmentationFixture,
  async produce(fixture, compile) {
    const settings = segmentationSettings(fixture)
    const tensors = new Map([...fixtureWeights(fixture)].map(([name, value]) => [ownName(name), value]))
    compareShapes(tensors, weightShapes(settings.network), { source: `weights of ${fixture.folder}` })
    const run = { fixture, settings, tensors, compile }
    const produced = [
      ...indexOf(run),
      ...(await stageTensors(run)),
      ...(await predictions(run, 'eval', tensors)).map(
        ([name, value]) => [`${name} (inference)`, value] as const,
      ),
      ...(await stepTensors(run)),
      ...(await dropoutTensors(run)),
      ...(await slideTensors(run)),
    ]
    return new Map(asExpected(run, produced))
  },
}

/** Rows of the tables of biases for all pairs of tokens, int64 [N + 1, N + 1]. */
function indexOf({ settings }: SegmentationRun): Named {
  const { imageSize, patchSize } = settings.model
  const [rows, columns] = [imageSize[0] / patchSize, imageSize[1] / patchSize]
  const index = relativePositionIndex([rows, columns], 1)
  const tokens = 1 + rows * columns
  const tensor: TensorData = { dtype: 'int64', shape: [tokens, tokens], data: index }
  return [['relative_position_index', tensor]]
}
