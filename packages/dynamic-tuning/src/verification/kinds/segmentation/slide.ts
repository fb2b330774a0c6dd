import type { TensorData } from '@dynamic-tuning/engine'
import { windowCorners } from '../../../data/samples/window/corners.ts'
import { largestChannels, type Planes, resizePlanes } from '../../../data/samples/window/planes.ts'
import { stitchPart } from '../../../data/samples/window/stitch.ts'
import type { Size } from '../../../data/sources/decode.ts'
import { Classifier } from '../../../evaluation/classifier.ts'
import { classifyInPieces } from '../../../evaluation/classify-in-pieces.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { fixtureInput } from '../../fixture.ts'
import type { Named, SegmentationRun } from './run.ts'

const sizeFrom = ([height, width]: readonly [number, number]): Size => ({ width, height })

/** A picture in sliding windows: logits, the same at its original size, and labels. */
export async function slideTensors(run: SegmentationRun): Promise<Named> {
  const { settings, fixture } = run
  const { slide, network, model } = settings
  if (slide === undefined) return []
  const [window, original] = [sizeFrom(model.imageSize), sizeFrom(slide.original_size)]
  const image = fixtureInput(fixture, 'slide.image')
  const resized = sizeFrom([image.shape[2] ?? 0, image.shape[3] ?? 0])
  const windows = windowCorners(resized, window, sizeFrom(slide.stride))
  const store = new WeightStore({ tensors: run.tensors })
  const classifier = await Classifier.create({ network, store, compile: run.compile })
  const pixels = Float32Array.from(windows.flatMap((corner) => [...windowOf(image, corner, window)]))
  const pieces = { rows: windows.length, most: 1 }
  const { outputs } = await classifyInPieces(classifier, pixels, pieces)
  await classifier.release()
  const whole = stitchPart(
    present(outputs.logits, 'logits'),
    0,
    { resized, mirrored: false, windows },
    window,
  )
  const last = resizePlanes(whole, original)
  const labels = BigInt64Array.from(largestChannels(last), BigInt)
  return [
    ['slide.logits', tensorOf(whole)],
    ['slide.logits_original_size', tensorOf(last)],
    ['slide.labels', { dtype: 'int64', shape: [1, original.height, original.width], data: labels }],
  ]
}

function tensorOf({ channels, width, height, data }: Planes): TensorData {
  return { dtype: 'float32', shape: [1, channels, height, width], data }
}

/** The pixels of a window of an image [1, 3, H, W], zero beyond its edge. */
function windowOf(
  { shape, data }: TensorData,
  { left, top }: { readonly left: number; readonly top: number },
  { width, height }: Size,
): Float32Array {
  const [, channels = 0, rows = 0, columns = 0] = shape
  const pixels = new Float32Array(channels * height * width)
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < Math.min(height, rows - top); y++)
      for (let x = 0; x < Math.min(width, columns - left); x++)
        pixels[(c * height + y) * width + x] = Number(data[(c * rows + top + y) * columns + left + x])
  return pixels
}
