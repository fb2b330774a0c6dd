import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { drawnLabel, drawnLabels } from '../sources/drawn/draw-image.ts'
import { drawnTask } from '../sources/drawn/tasks.ts'

/** First index of test images, so high that they never coincide with training images. */
const firstTest = 100_000_000

/**
 * Opens a task drawn at run time: `trainSize` and `testSize` images or clips from `seed`; validation is test.
 */
export function openDrawn(task: string, { trainSize, testSize, seed }: OpenOptions): Dataset {
  const { kind, classes } = drawnTask(task)
  const truth = (index: number) =>
    kind === 'labels' ? drawnLabels(task, seed, index) : drawnLabel(task, index)
  const part = (first: number, size: number): Example[] =>
    Array.from({ length: size }, (_, i) => {
      const index = first + i
      return { source: { kind: 'drawn', task, seed, index }, truth: truth(index) }
    })
  const test = part(firstTest - (firstTest % classes.length), testSize)
  return {
    name: `builtin:${task}`,
    ...(kind === 'labels' && { truth: kind }),
    ...(kind === 'clip' && { kind: 'clips' }),
    classes,
    train: part(0, trainSize),
    validation: test,
    test,
  }
}
