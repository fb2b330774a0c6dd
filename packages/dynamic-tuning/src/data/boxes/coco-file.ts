import { z } from 'zod'
import { DataError } from '../../errors.ts'
import { issuesOf } from '../../issues-of.ts'
import { areCorners, checkBox } from './check-box.ts'
import type { BoxedImage, Instance } from './instance.ts'
import { cocoSegmentation } from './segmentation.ts'

const id = z.int()
const annotation = z.looseObject({
  ...{ id: id.optional(), image_id: id, category_id: id, area: z.number().optional() },
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  iscrowd: z.union([z.literal(0), z.literal(1)]).default(0),
  segmentation: cocoSegmentation.optional(),
})
const file = z.looseObject({
  images: z.array(z.looseObject({ id, file_name: z.string(), height: id.positive(), width: id.positive() })),
  categories: z.array(z.looseObject({ id, name: z.string().min(1) })).min(1),
  annotations: z.array(annotation),
})
type CocoFile = z.output<typeof file>
type Annotation = z.output<typeof annotation>

/** What a file of annotations says, and what of it cannot be used. */
export interface BoxedSet {
  /** By number from 0. */
  readonly classes: readonly string[]
  /** The file's own number of each class, for writing results. */
  readonly categoryIds: readonly number[]
  /** In the file's order, those without objects too. */
  readonly images: readonly BoxedImage[]
  /** One line each, beginning with the annotation or picture that it is about. */
  readonly problems: readonly string[]
}

/**
 * The boxes and outlines of a COCO or Roboflow file, `instances_*.json` or `_annotations.coco.json`.
 * Categories are numbered from 0 by rising id, which may begin anywhere and have gaps.
 * @param json what the file holds
 * @param source the file's name, for errors
 * @throws DataError if it is no such file, two pictures or categories have one id, or boxes are corners
 */
export function parseCocoFile(json: unknown, source: string): BoxedSet {
  const read = file.safeParse(json)
  if (!read.success)
    throw new DataError(
      `coco: ${source} is no file of COCO annotations, got ${issuesOf(read.error)}. Correct it, or name another.`,
    )
  const { images, annotations } = read.data
  refuseTwice(images, 'pictures', source)
  refuseTwice(read.data.categories, 'categories', source)
  refuseCorners(read.data, source)
  const categories = [...read.data.categories].sort((a, b) => a.id - b.id)
  const numbers = new Map(categories.map((category, number) => [category.id, number]))
  const found = new Map(images.map((image) => [image.id, { image, instances: [] as Instance[] }]))
  const problems: string[] = []
  for (const [place, each] of annotations.entries()) {
    const name = `annotation ${each.id ?? `at ${place}`}`
    const at = found.get(each.image_id)
    const number = numbers.get(each.category_id)
    if (at === undefined) problems.push(`${name}: of picture ${each.image_id}, which is not listed`)
    else if (number === undefined)
      problems.push(`${name}: of category ${each.category_id}, which is not listed`)
    else {
      const { box, problem } = checkBox(each.bbox, at.image)
      if (problem) problems.push(`${name}: ${problem}`)
      if (box) at.instances.push(instanceOf(each, number, box))
    }
  }
  return {
    classes: categories.map(({ name }) => name),
    categoryIds: categories.map((category) => category.id),
    images: [...found.values()].map(({ image, instances }) => ({
      ...{ id: image.id, file: image.file_name, height: image.height, width: image.width, instances },
    })),
    problems,
  }
}

function instanceOf(
  { area, iscrowd, segmentation }: Annotation,
  number: number,
  box: Instance['box'],
): Instance {
  // Roboflow writes an empty list where there is no outline.
  const hasOutline = segmentation && !(Array.isArray(segmentation) && segmentation.length === 0)
  return {
    ...{ class: number, box, area: area ?? box[2] * box[3], crowd: iscrowd === 1 },
    ...(hasOutline && { outline: segmentation }),
  }
}

function refuseTwice(entries: readonly { readonly id: number }[], what: string, source: string): void {
  const seen = new Set<number>()
  for (const entry of entries) {
    if (seen.has(entry.id))
      throw new DataError(
        `coco: ${what} of ${source} have an id each, got ${entry.id} twice. Give each its own.`,
      )
    seen.add(entry.id)
  }
}

function refuseCorners({ images, annotations }: CocoFile, source: string): void {
  const sizes = new Map(images.map((image) => [image.id, image]))
  const boxes = annotations.flatMap(({ image_id, bbox }) => {
    const size = sizes.get(image_id)
    return size ? [{ box: bbox, size }] : []
  })
  if (areCorners(boxes))
    throw new DataError(
      `coco: boxes of ${source} are left, top, right, bottom, got [${boxes[0]?.box}] first. Write left, top, width, height.`,
    )
}
