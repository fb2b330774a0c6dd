import { checkBox } from './check-box.ts'
import type { Instance, PictureSize } from './instance.ts'

/** Objects of one picture, and what of its file cannot be used: one line each, beginning with the line. */
export interface YoloLabels {
  readonly instances: readonly Instance[]
  readonly problems: readonly string[]
}

/**
 * The objects of a YOLO label file: each line has a class from 0 and either the box's centre, width and
 * height or the corners of an outline, x and y in turn, all as shares of the picture. An empty file is a
 * picture without objects.
 * @param classes number of classes
 */
export function parseYoloLabels(
  text: string,
  { classes, ...size }: PictureSize & { readonly classes: number },
): YoloLabels {
  const instances: Instance[] = []
  const problems: string[] = []
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const { instance, problem } = parseLine(line.trim(), classes, size)
    if (problem) problems.push(`line ${place + 1}: ${problem}`)
    if (instance) instances.push(instance)
  }
  return { instances, problems }
}

interface ParsedLine {
  readonly instance?: Instance
  readonly problem?: string
}

function parseLine(line: string, classes: number, size: PictureSize): ParsedLine {
  const [number = Number.NaN, ...shares] = line.split(/\s+/).map(Number)
  if (!Number.isInteger(number) || number < 0 || number >= classes)
    return { problem: `class ${line.split(/\s+/)[0]} is none of 0 to ${classes - 1}` }
  const isOutline = shares.length >= 6 && shares.length % 2 === 0
  if (shares.length !== 4 && !isOutline)
    return { problem: `${shares.length} numbers behind the class, not 4 of a box or 6 and more of corners` }
  // Far more than rounding: numbers of pixels.
  if (shares.some((share) => Math.abs(share) > 2))
    return { problem: `numbers are pixels, not shares of the picture, ${shares.slice(0, 4).join(' ')}` }
  const scaled = shares.map((share, i) => share * (i % 2 === 0 ? size.width : size.height))
  const { box, problem } = checkBox(isOutline ? around(scaled) : centred(scaled), size)
  if (box === undefined) return problem === undefined ? {} : { problem }
  const instance: Instance = {
    ...{ class: number, box, crowd: false, area: isOutline ? areaOf(scaled) : box[2] * box[3] },
    ...(isOutline && { outline: [scaled] }),
  }
  return { instance, ...(problem !== undefined && { problem }) }
}

function centred([x = 0, y = 0, width = 0, height = 0]: readonly number[]): Instance['box'] {
  return [x - width / 2, y - height / 2, width, height]
}

function around(corners: readonly number[]): Instance['box'] {
  const [xs, ys] = [0, 1].map((axis) => corners.filter((_, i) => i % 2 === axis))
  const [left, top] = [Math.min(...(xs ?? [])), Math.min(...(ys ?? []))]
  return [left, top, Math.max(...(xs ?? [])) - left, Math.max(...(ys ?? [])) - top]
}

/** Area of a polygon that does not cross itself: half of the sum of x_i y_(i+1) - x_(i+1) y_i. */
function areaOf(corners: readonly number[]): number {
  const at = (i: number): number => corners[i % corners.length] ?? 0
  let twice = 0
  for (let i = 0; i < corners.length; i += 2) twice += at(i) * at(i + 3) - at(i + 2) * at(i + 1)
  return Math.abs(twice) / 2
}
