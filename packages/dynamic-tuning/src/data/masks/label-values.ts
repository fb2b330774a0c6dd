import { ignoredLabel } from '../label-map.ts'

/** Values of 8-bit masks. */
const bytes = 256

/**
 * Class of each value of an 8-bit mask whose value 0 means "other": 0 and 255 are ignored, k is class k - 1
 * (`reduce_zero_label` of mmsegmentation, for ADE20K). Values beyond the `count` classes are absent.
 */
export function reducedClasses(count: number): ReadonlyMap<number, number> {
  const classes = Array.from({ length: count }, (_, k): [number, number] => [k + 1, k])
  return new Map([[0, ignoredLabel], [bytes - 1, ignoredLabel], ...classes])
}

/** Things of COCO that no picture has, as raw values of COCO-Stuff's masks: category number - 1. */
const unusedThings = new Set([11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90])
/** Values of things and stuff in those masks. */
const rawValues = 182

/**
 * Class of each value of a raw COCO-Stuff 164k mask, 80 things and then 91 kinds of stuff: the unused values
 * are absent and those after them move up; 255 is ignored.
 */
export function cocoStuffClasses(): ReadonlyMap<number, number> {
  const used = Array.from({ length: rawValues }, (_, raw) => raw).filter((raw) => !unusedThings.has(raw))
  return new Map([[bytes - 1, ignoredLabel], ...used.map((raw, k): [number, number] => [raw, k])])
}
