import { random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../../errors.ts'
import { type Example, sourceName } from '../../example.ts'
import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import { checkMaskFits } from '../../masks/mask-fits.ts'
import { isMaskSource, maskName } from '../../masks/mask-source.ts'
import { readMask } from '../../masks/read-mask.ts'
import type { Size } from '../../sources/decode.ts'
import { imageReader } from '../../sources/read-image.ts'
import { normaliser } from '../../transforms/normalise.ts'
import type { SideLimits } from '../../transforms/windows/scaled-size.ts'
import { imageSample } from '../image.ts'
import type { ImageHandling, MakerSettings, Sample, SampleMaker, SampleSettings } from '../sample.ts'
import { evaluationWindows, writeWindows } from './evaluation-windows.ts'
import { rowsOf } from './place.ts'
import { completeWindows, type WindowSettings } from './settings.ts'
import { drawWindow, windowLabels, windowPixels } from './training-window.ts'

/** Pictures of this shape are the usual ones, for the size of batches. */
const usualPicture: Size = { width: 4, height: 3 }

/**
 * Windows [3, H, W] of pictures with label maps: in training a random one of each picture, whose label map
 * follows it; in evaluation (with `views`) as many as cover the picture, and the label map as stored.
 */
export function windowSample({ views, ...given }: SampleSettings): Sample {
  const settings = completeWindows(given)
  checkScales(settings)
  return {
    word: 'image',
    views: 1,
    usualRows: (input) =>
      rowsOf(evaluationWindows(usualPicture, { ...settings, base: limits(settings, input) }, input)),
    moving: false,
    // In evaluation a single picture may have a hundred windows.
    prefetch: views ? 1 : 4,
    // A picture is larger than its windows, and its label map would have to be kept too.
    cached: false,
    varies: 'windows are drawn anew in every epoch',
    facts: {},
    defaults: {},
    complete(run) {
      check(settings, run)
      return settings
    },
    maker: (making) => (views ? evaluationMaker(settings, making) : trainingMaker(settings, making)),
    join: (outputs) => outputs,
    pictures: imageSample.pictures,
  }
}

/** @throws ConfigError for scales where every picture gets the model's size */
function checkScales({ windows, scales }: WindowSettings): void {
  if (windows === 'whole' && scales.join() !== '1')
    throw new ConfigError(
      `windows: scales are ${scales}, but windows whole gives every picture the model's size. Give scale 1, or windows slide.`,
    )
}

/** @throws ConfigError for settings that do not fit the run */
function check(
  { windows, stride }: WindowSettings,
  { resize, augment = 'none', mixup, cutmix }: ImageHandling,
) {
  const refuse = (what: string, why: string): never => {
    throw new ConfigError(`finetune: ${what}, but ${why}. Leave it out.`)
  }
  if (resize !== 'squash') refuse(`resize is ${resize}`, 'pictures with label maps keep their shape')
  if (augment !== 'none')
    refuse(
      `augment is ${augment}`,
      'pictures with label maps are scaled, cropped, mirrored and recoloured anyway',
    )
  if (mixup || cutmix)
    refuse(mixup ? `mixup is ${mixup}` : `cutmix is ${cutmix}`, 'label maps cannot be mixed')
  if (windows === 'whole' && stride !== undefined)
    refuse(`stride is ${stride}`, 'windows whole takes one window of every picture')
}

/** Limits of the sides of resized pictures; by default the shorter one is the model's. */
function limits({ shortSide, longSide }: WindowSettings, { width, height }: Size): SideLimits {
  const short = shortSide ?? Math.min(width, height)
  return { short, long: longSide ?? 4 * short }
}

function trainingMaker(settings: WindowSettings, { transform, seed }: MakerSettings): SampleMaker {
  const { width, height } = transform
  const window = { width, height }
  const { ratioRange: ratio, catMaxRatio: cropShare, photometric } = settings
  const drawing = { base: limits(settings, window), ratio, cropShare, photometric }
  const normalise = normaliser(transform)
  const reader = labelledReader(window)
  return {
    length: 3 * width * height,
    rows: 1,
    async write(example, { epoch, index }, reserve) {
      const { picture, labels = unlabelled(picture) } = await reader.read(example)
      const drawn = drawWindow(labels, drawing, window, random(seed, 'window', epoch, index))
      const { out, offset } = reserve(1)
      normalise(windowPixels(picture, drawn.change), out, offset)
      return { truth: windowLabels(drawn.labels, drawn.change, window) }
    },
    close: () => reader.close(),
  }
}

function evaluationMaker(settings: WindowSettings, { transform }: MakerSettings): SampleMaker {
  const { width, height } = transform
  const window = { width, height }
  const placing = { ...settings, base: limits(settings, window) }
  const normalise = normaliser(transform)
  const reader = labelledReader(window)
  return {
    length: 3 * width * height,
    rows: undefined,
    async write(example, _at, reserve) {
      const { picture, labels } = await reader.read(example)
      const place = evaluationWindows(picture, placing, window)
      writeWindows(picture, place, normalise, reserve(rowsOf(place)))
      return { truth: labels, place }
    },
    close: () => reader.close(),
  }
}

/** Reads pictures with their label maps, if they have one. Drawn pictures are as large as a window. */
function labelledReader({ width, height }: Size) {
  const drawnSize = Math.max(width, height)
  const reader = imageReader(drawnSize)
  return {
    /** @throws DataError naming a file that cannot be read, or a mask of another size than its picture */
    async read({ source, truth }: Example) {
      const picture = await reader.read(source)
      if (!isMaskSource(truth)) return { picture, labels: undefined }
      const labels = await readMask(truth, drawnSize)
      checkMaskFits(picture, labels, sourceName(source), maskName(truth))
      return { picture, labels }
    },
    close: () => reader.close(),
  }
}

/** The label map of a picture without one. */
function unlabelled({ width, height }: Size): LabelMap {
  return { width, height, data: new Uint16Array(width * height).fill(ignoredLabel) }
}
