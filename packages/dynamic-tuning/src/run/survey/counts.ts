import { ignoredLabel } from '../../data/label-map.ts'
import type { Size } from '../../data/sources/decode.ts'
import type { Seen } from '../../data/truth.ts'

/** What was counted in the examples of a part that can be used. */
export interface PartCounts {
  readonly name: string
  /** Number of its examples, unusable ones included. */
  readonly examples: number
  readonly usable: number
  /** Number of usable examples that show each class. */
  readonly classes: readonly number[]
  /** Pixels of each class, and ignored ones, if there are masks. */
  readonly pixels?: readonly number[]
  readonly ignored?: number
}

/** Adds up the examples of a part. */
export class Counter {
  private usable = 0
  private ignored = 0
  private masks = 0
  private readonly classes: number[]
  private readonly pixels: number[]
  smallest: Size | undefined
  largest: Size | undefined
  /** Number of masks in which every pixel is ignored. */
  blank = 0

  constructor(
    private readonly name: string,
    private readonly examples: number,
    classes: number,
  ) {
    this.classes = new Array(classes).fill(0)
    this.pixels = new Array(classes).fill(0)
  }

  add({ labels, map }: Seen, size: Size | undefined): void {
    this.usable++
    for (const label of labels) this.classes[label] = (this.classes[label] ?? 0) + 1
    if (size) this.addSize(size)
    if (map === undefined) return
    this.masks++
    if (labels.length === 0) this.blank++
    for (const label of map.data)
      if (label === ignoredLabel) this.ignored++
      else this.pixels[label] = (this.pixels[label] ?? 0) + 1
  }

  private addSize(size: Size): void {
    const area = ({ width, height }: Size): number => width * height
    if (this.smallest === undefined || area(size) < area(this.smallest)) this.smallest = size
    if (this.largest === undefined || area(size) > area(this.largest)) this.largest = size
  }

  counts(): PartCounts {
    const { name, examples, usable, classes, pixels, ignored } = this
    return { name, examples, usable, classes, ...(this.masks > 0 && { pixels, ignored }) }
  }
}
