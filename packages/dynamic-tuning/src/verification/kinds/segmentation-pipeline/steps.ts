import { evaluationWindows, writeWindows } from '../../../data/samples/window/evaluation-windows.ts'
import { rowsOf } from '../../../data/samples/window/place.ts'
import { windowLabels, windowPixels } from '../../../data/samples/window/training-window.ts'
import { normaliser } from '../../../data/transforms/normalise.ts'
import { resizeBilinear } from '../../../data/transforms/windows/bilinear.ts'
import { chooseCrop } from '../../../data/transforms/windows/choose-crop.ts'
import { fromHsv, toHsv } from '../../../data/transforms/windows/hsv.ts'
import { resizeLabels } from '../../../data/transforms/windows/label-maps.ts'
import { changeColours } from '../../../data/transforms/windows/photometric.ts'
import { type SideLimits, scaledSize } from '../../../data/transforms/windows/scaled-size.ts'
import { type Fixture, fixtureInput } from '../../fixture.ts'
import type { PhotometricEntry, PipelineSettings } from './settings.ts'
import { labelsIn, type Named, numbersIn, ofLabels, ofPicture, ofWholes, pictureIn } from './tensors.ts'

const limits = ([long, short]: readonly [number, number]): SideLimits => ({ long, short })

/** Sizes of many pictures at many ratios. */
export function sizeTensors(fixture: Fixture, { sizes }: PipelineSettings): Named {
  const sides = numbersIn(fixture, 'sizes.width_height')
  const scaled = numbersIn(fixture, 'sizes.ratio').flatMap((ratio, i) => {
    const [width = 0, height = 0] = sides.slice(2 * i, 2 * i + 2)
    const size = scaledSize({ width, height }, limits(sizes.base), ratio)
    return [size.width, size.height]
  })
  return [['sizes.scaled_width_height', ofWholes(scaled, [scaled.length / 2, 2])]]
}

/** A picture and its labels at other sizes. */
export function resizeTensors(fixture: Fixture, { resize, crop }: PipelineSettings): Named {
  const image = pictureIn(fixture, 'image')
  const labels = labelsIn(fixture, 'label', crop.ignore_label)
  return resize.ratios.flatMap((ratio, k): Named => {
    const size = scaledSize(image, limits(resize.base), ratio)
    return [
      [`resize.${k}.image`, ofPicture(resizeBilinear(image, size))],
      [`resize.${k}.label`, ofLabels(resizeLabels(labels, size), crop.ignore_label)],
    ]
  })
}

/** Which of eleven crops is taken. */
export function cropTensors(fixture: Fixture, { crop }: PipelineSettings): Named {
  const labels = labelsIn(fixture, 'label', crop.ignore_label)
  const [cases = 0, each = 0] = fixtureInput(fixture, 'crop.candidates').shape
  const corners = numbersIn(fixture, 'crop.candidates')
  const [height, width] = crop.size
  const chosen = Array.from({ length: cases }, (_, k) => {
    let drawn = k * each
    chooseCrop(labels, { width, height }, crop.largest_class_share, () => {
      const [top = 0, left = 0] = corners.slice(2 * drawn, 2 * drawn + 2)
      drawn++
      return { top, left }
    })
    return drawn - k * each - 1
  })
  return [['crop.chosen', ofWholes(chosen)]]
}

/** Colours of a picture, changed; and colours there and back. */
export function colourTensors(fixture: Fixture, { photometric }: PipelineSettings): Named {
  const image = pictureIn(fixture, 'image')
  const colours = pictureIn(fixture, 'hsv.rgb')
  const hsv = toHsv(colours)
  const list = [colours.width, 3]
  return [
    ['hsv.hsv', ofPicture(hsv, list)],
    ['hsv.back', ofPicture(fromHsv(hsv), list)],
    ...photometric.map((entry, k) => [`photometric.${k}`, ofPicture(changed(image, entry))] as const),
  ]
}

function changed(image: Parameters<typeof changeColours>[0], entry: PhotometricEntry) {
  const { contrast_first: contrastFirst, ...changes } = entry
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null))
  return changeColours(image, { contrastFirst, ...given })
}

/** Everything that happens to a picture and its labels in training, with given choices. */
export function chainTensors(fixture: Fixture, { chain, crop }: PipelineSettings): Named {
  const image = pictureIn(fixture, 'image')
  const labels = labelsIn(fixture, 'label', crop.ignore_label)
  const [height, width] = chain.crop
  const resized = scaledSize(image, limits(chain.base), chain.ratio)
  const [top, left] = chain.offset
  const box = { top, left, width: Math.min(width, resized.width), height: Math.min(height, resized.height) }
  const change = { resized, box, mirrored: chain.flip, colours: undefined }
  const values = new Float32Array(3 * height * width)
  normaliser({ width, height, ...shares(chain) })(windowPixels(image, change), values, 0)
  const map = windowLabels(resizeLabels(labels, resized), change, { width, height })
  return [
    ['chain.image', { dtype: 'float32', shape: [3, height, width], data: values }],
    ['chain.label', ofLabels(map, chain.pad_label)],
  ]
}

/** A picture as it is evaluated, in a window that it fills. */
export function testTensors(fixture: Fixture, { test }: PipelineSettings): Named {
  const image = pictureIn(fixture, 'image')
  const base = limits(test.scale)
  const window = scaledSize(image, base)
  const way = { windows: 'slide', scales: [1], flipTest: false, stride: undefined } as const
  const place = evaluationWindows(image, { base, ...way }, window)
  const values = new Float32Array(rowsOf(place) * 3 * window.height * window.width)
  const normalise = normaliser({ ...window, ...shares(test) })
  writeWindows(image, place, normalise, { out: values, offset: 0 })
  return [['test.image', { dtype: 'float32', shape: [3, window.height, window.width], data: values }]]
}

type Three = readonly [number, number, number]

/** Mean and deviation for values in [0, 1] from those of bytes. */
function shares({ mean, std }: { readonly mean: Three; readonly std: Three }): { mean: Three; std: Three } {
  const share = ([r, g, b]: Three): Three => [r / 255, g / 255, b / 255]
  return { mean: share(mean), std: share(std) }
}
