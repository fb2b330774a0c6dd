import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'

/** Pixels of a class, over one picture or many. */
export interface ClassAreas {
  /** Pixels with this label that were labelled so. */
  readonly intersection: number
  /** Pixels that were labelled so, ignored ones aside. */
  readonly predicted: number
  /** Pixels with this label. */
  readonly labelled: number
}

/** Counts pixels by label and predicted class; those with an ignored label count nowhere. */
export class PixelConfusion {
  private readonly counts: Float64Array

  /** @param classes K, number of classes */
  constructor(readonly classes: number) {
    this.counts = new Float64Array(classes * classes)
  }

  /** @param predicted the class of every pixel of the map, row by row */
  add(predicted: ArrayLike<number>, { data }: Pick<LabelMap, 'data'>): void {
    for (let pixel = 0; pixel < data.length; pixel++) {
      const label = data[pixel] ?? ignoredLabel
      if (label === ignoredLabel) continue
      const at = label * this.classes + (predicted[pixel] ?? 0)
      this.counts[at] = (this.counts[at] ?? 0) + 1
    }
  }

  /** Adds the pixels of another picture with the same classes. */
  addAll({ counts }: PixelConfusion): void {
    for (let at = 0; at < counts.length; at++) this.counts[at] = (this.counts[at] ?? 0) + (counts[at] ?? 0)
  }

  /** Pixels of each label (rows) by predicted class (columns). */
  rows(): number[][] {
    const { classes } = this
    return Array.from({ length: classes }, (_, label) => [
      ...this.counts.subarray(label * classes, (label + 1) * classes),
    ])
  }

  /** The areas of each class. */
  areas(): ClassAreas[] {
    const rows = this.rows()
    return rows.map((row, k) => ({
      intersection: row[k] ?? 0,
      predicted: rows.reduce((sum, each) => sum + (each[k] ?? 0), 0),
      labelled: row.reduce((sum, count) => sum + count, 0),
    }))
  }
}
