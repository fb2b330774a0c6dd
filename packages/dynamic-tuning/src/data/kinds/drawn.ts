import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { isClipTask } from '../sources/drawn/clip-tasks.ts'
import { drawnClasses, drawnLabel } from '../sources/drawn/draw-image.ts'

/** Test images are drawn with indices from here on, so that they never meet training images. */
const firstTest = 100_000_000

/** A task drawn at run time: `trainSize` and `testSize` images or clips from `seed`; validation is test. */
export function openDrawn(task: string, { trainSize, testSize, seed }: OpenOptions): Dataset {
  const part = (first: number, size: number): Example<number>[] =>
    Array.from({ length: size }, (_, i) => {
      const index = first + i
      return { source: { kind: 'drawn', task, seed, index }, truth: drawnLabel(task, index) }
    })
  const classes = drawnClasses(task)
  const test = part(firstTest - (firstTest % classes.length), testSize)
  return {
    name: `builtin:${task}`,
    ...(isClipTask(task) && { kind: 'clips' }),
    classes,
    train: part(0, trainSize),
    validation: test,
    test,
  }
}
