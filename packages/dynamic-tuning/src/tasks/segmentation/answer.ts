import type { LabelMap } from '../../data/label-map.ts'
import { classColours, colourByClass } from '../../data/masks/colours.ts'
import { maskPng } from '../../data/masks/write-mask.ts'
import { pixelScores } from '../../data/samples/window/pixel-scores.ts'
import type { WindowPlace } from '../../data/samples/window/place.ts'
import type { Pixels } from '../../data/sources/pixels.ts'
import type { Answer, AnswerFile, AnswerOptions, Answers } from '../../evaluation/answer.ts'
import type { TaskContext } from '../../evaluation/task-context.ts'
import type { Outputs } from '../../network/outputs.ts'
import { formatPercent } from '../../report/quantity.ts'
import { encodePng } from '../../report/token-strip.ts'
import { labelCounts } from './label-counts.ts'
import { bestClasses } from './pixels.ts'
import { pixelLogits, wholePlace } from './scores.ts'

/** The part of a picture that a class covers. */
export interface Area {
  readonly class: string
  readonly pixels: number
  /** Of all pixels, from 0 to 1. */
  readonly share: number
}

/** The classes of a picture's pixels, as JSON. */
export interface AreasAnswer extends Answer {
  /** Classes that cover some of the picture, the largest first. */
  readonly areas: readonly Area[]
}

/** The same with the class of every pixel. */
export interface PixelsAnswer extends AreasAnswer {
  readonly labels: LabelMap
}

/** Number of classes that are named in words. */
const named = 5
/** Share of a picture from which on a class counts in the gist. */
const notable = 0.01

/** The class with the largest score at every pixel, at the size of the picture as stored. */
export const pixelAnswers: Answers<PixelsAnswer> = {
  of(outputs: Outputs, row: number, { classes }: TaskContext, { top, place }: AnswerOptions = {}) {
    const logits = pixelLogits(outputs)
    const scores = pixelScores(logits, row, place ?? ownPlace(logits.shape))
    const { width, height } = scores
    const labels = { width, height, data: bestClasses(scores) }
    return { areas: areasOf(labels, classes).slice(0, top), labels }
  },
  json: ({ areas }): AreasAnswer => ({ areas }),
  text: (answer) =>
    areasIn(answer)
      .slice(0, named)
      .map((area) => `${area.class} ${formatPercent(area.share)}`),
  gist: ({ areas }) =>
    areas
      .flatMap((area) => (area.share >= notable ? [area.class] : []))
      .sort()
      .join('\n'),
  async files({ labels }: PixelsAnswer, picture: Pixels, { classes }: TaskContext): Promise<AnswerFile[]> {
    const colours = classColours(classes.length)
    const overlay = await encodePng(colourByClass(picture, labels, colours))
    return [
      { folder: 'masks', ending: '.png', bytes: maskPng(labels, colours) },
      { folder: 'overlays', ending: '.png', bytes: overlay },
    ]
  },
}

/** Logits of one window are their own picture. */
function ownPlace([, , height = 0, width = 0]: readonly number[]): WindowPlace {
  return wholePlace({ width, height })
}

function areasOf(labels: LabelMap, classes: readonly string[]): Area[] {
  const counts = labelCounts(labels, classes.length)
  const share = (k: number): number => (counts[k] ?? 0) / labels.data.length
  return classes
    .map((name, k) => ({ class: name, pixels: counts[k] ?? 0, share: share(k) }))
    .filter(({ pixels }) => pixels > 0)
    .sort((a, b) => b.pixels - a.pixels)
}

/** The areas of an answer; none in answers of other tasks. */
function areasIn(answer: Answer): readonly Area[] {
  return 'areas' in answer && Array.isArray(answer.areas) ? answer.areas : []
}
