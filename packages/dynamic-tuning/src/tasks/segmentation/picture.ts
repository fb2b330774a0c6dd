import type { LabelMap } from '../../data/label-map.ts'
import { classColours, colourByClass } from '../../data/masks/colours.ts'
import { numberIn } from '../../evaluation/measure.ts'
import type { Pictures, View } from '../../evaluation/picture.ts'
import { formatPercent } from '../../report/quantity.ts'
import type { Area, PixelsAnswer } from './answer.ts'
import { PixelConfusion } from './confusion.ts'
import { pixelFigures } from './figures.ts'
import { labelCounts } from './label-counts.ts'
import { smallerMap } from './smaller-map.ts'

/** Share of the labelled pixels from which on a picture counts as right. */
const mostlyRight = 0.9
/** Classes that are named in words. */
const named = 3

/** The classes of a picture's pixels, and how many are right. */
export const pixelPictures: Pictures<LabelMap, PixelsAnswer> = {
  portrait({ areas, labels }, truth, { classes }) {
    const predicted = areas.map((area) => area.class)
    const shares = areas.map(({ share }) => share)
    const all = { predicted, shares }
    if (truth === undefined) return { fields: all, right: false, group: '' }
    const confusion = new PixelConfusion(classes.length)
    confusion.add(labels.data, truth)
    const { pixelAccuracy, meanIou } = pixelFigures(confusion.areas())
    const counts = labelCounts(truth, classes.length)
    const largest = classes[counts.indexOf(Math.max(...counts))] ?? ''
    return {
      fields: { ...all, ...(Number.isFinite(pixelAccuracy) && { pixelAccuracy, meanIou }) },
      right: pixelAccuracy >= mostlyRight,
      group: largest,
      slug: largest,
    }
  },
  words(fields) {
    const areas = areasIn(fields)
    const said = areas
      .slice(0, named)
      .map((area) => `${area.class} ${formatPercent(area.share, 0)}`)
      .join(', ')
    const [right, iou] = [numberIn(fields, 'pixelAccuracy'), numberIn(fields, 'meanIou')]
    if (right === undefined || iou === undefined) return { said }
    return { said, verdict: `${formatPercent(right, 0)} of the pixels right, mIoU ${formatPercent(iou, 0)}` }
  },
  views({ labels }, truth, { classes }) {
    const colours = classColours(classes.length)
    const view = (caption: string, map: LabelMap): View => {
      const small = smallerMap(map)
      return { caption, draw: (picture) => colourByClass(picture, small, colours) }
    }
    return [view('predicted', labels), ...(truth ? [view('mask', truth)] : [])]
  },
}

/** The areas among the fields of a picture. */
function areasIn(fields: object): Pick<Area, 'class' | 'share'>[] {
  const [predicted, shares] = ['predicted', 'shares'].map((name): unknown => Reflect.get(fields, name))
  if (!Array.isArray(predicted) || !Array.isArray(shares)) return []
  return predicted.map((name, i) => ({ class: String(name), share: Number(shares[i]) }))
}
