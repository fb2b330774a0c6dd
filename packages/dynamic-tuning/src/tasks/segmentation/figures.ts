import type { ClassAreas } from './confusion.ts'

/** How well a class is found; NaN where it cannot be said. */
export type ClassFigures = Readonly<Record<'iou' | 'accuracy', number>>

/** How well all classes are found together; NaN where no pixel has a label. */
export type PixelFigures = Readonly<Record<'meanIou' | 'meanAccuracy' | 'pixelAccuracy', number>>

/** Names of these figures in the output of mmsegmentation. */
export const officialNames = { aAcc: 'pixelAccuracy', mIoU: 'meanIou', mAcc: 'meanAccuracy' } as const

/** Pixels that have the class, were labelled so, or both. */
export function unionOf({ intersection, predicted, labelled }: ClassAreas): number {
  return predicted + labelled - intersection
}

/**
 * IoU = intersection / union and accuracy = intersection / labelled. Both are NaN for a class that is neither
 * labelled nor predicted; one that is only predicted has IoU 0 and no accuracy.
 */
export function classFigures(areas: ClassAreas): ClassFigures {
  return { iou: areas.intersection / unionOf(areas), accuracy: areas.intersection / areas.labelled }
}

/**
 * mIoU and mAcc, means over the classes that have these figures, and aAcc, the share of labelled pixels that
 * are right. As in mmsegmentation: areas are summed over all pictures before they are divided.
 */
export function pixelFigures(areas: readonly ClassAreas[]): PixelFigures {
  const classes = areas.map(classFigures)
  const sum = (name: keyof ClassAreas): number => areas.reduce((all, each) => all + each[name], 0)
  return {
    meanIou: meanDefined(classes.map(({ iou }) => iou)),
    meanAccuracy: meanDefined(classes.map(({ accuracy }) => accuracy)),
    pixelAccuracy: sum('intersection') / sum('labelled'),
  }
}

/** The mean of the values that are numbers; NaN if there are none. */
function meanDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value))
  return defined.reduce((sum, value) => sum + value, 0) / defined.length
}
