import { type CompileOptions, sizeOf, type TensorData } from '@dynamic-tuning/engine'
import { ignoredLabel, type LabelMap } from '../../../data/label-map.ts'
import { DataError } from '../../../errors.ts'
import { type Fixture, fixtureInput } from '../../fixture.ts'
import type { SegmentationFixtureSettings } from './settings.ts'

/** Everything needed to run a segmentation fixture. */
export interface SegmentationRun {
  readonly fixture: Fixture
  readonly settings: SegmentationFixtureSettings
  /** Weights and running statistics under the library's names. */
  readonly tensors: ReadonlyMap<string, TensorData>
  readonly compile: CompileOptions
}

/** Tensors by their expected names. */
export type Named = readonly (readonly [string, TensorData])[]

/** The library's name of a weight of the official code, and back. */
export const ownName = (name: string): string => name.replace(/^backbone\./, '')
export const officialName = (name: string): string =>
  /^(?:decode|auxiliary)_head\./.test(name) ? name : `backbone.${name}`

/** Images [B, 3, H, W]. @throws DataError if their size is not the model's */
export function imagesOf({ fixture, settings }: SegmentationRun): TensorData<'float32'> {
  const images = fixtureInput(fixture, 'images')
  const [, ...size] = images.shape
  const wanted = settings.network.sample.shape
  if (images.dtype === 'float32' && size.join() === wanted.join()) return images as TensorData<'float32'>
  throw new DataError(
    `verify: images of ${fixture.folder} are [${images.shape}], the model takes [B, ${wanted}]. Correct config.json or inputs.safetensors.`,
  )
}

/** The label maps among the inputs, int64 [B, 1, H, W]. */
export function labelMaps({ fixture, settings }: SegmentationRun): LabelMap[] {
  const { shape, data } = fixtureInput(fixture, 'labels')
  const [images = 0, , height = 0, width = 0] = shape
  return Array.from({ length: images }, (_, i) => {
    const own = Array.from(data.subarray(i * height * width, (i + 1) * height * width), Number)
    const labels = own.map((label) => (label === settings.ignored ? ignoredLabel : label))
    return { width, height, data: Uint16Array.from(labels) }
  })
}

/** The tensors as expected: of those with one image there, the first image. */
export function asExpected({ fixture }: SegmentationRun, tensors: Named): Named {
  return tensors.map(([name, tensor]) => {
    const [images = 1, ...rest] = tensor.shape
    if (images === 1 || fixture.expected.get(name.replace(/ \(.*\)$/, ''))?.shape[0] !== 1)
      return [name, tensor]
    return [name, { ...tensor, shape: [1, ...rest], data: tensor.data.slice(0, sizeOf(rest)) } as TensorData]
  })
}
