import type { Dataset, Example } from '../example.ts'
import { type MaskSource, plainClasses } from '../masks/mask-source.ts'
import type { OpenOptions } from '../options.ts'
import { drawnLabel, drawnLabels } from '../sources/drawn/draw-image.ts'
import type { DrawnTask } from '../sources/drawn/task.ts'
import { drawnTask } from '../sources/drawn/tasks.ts'

/** First index of test images, so high that they never coincide with training images. */
const firstTest = 100_000_000

type Drawn = Extract<Example['source'], { kind: 'drawn' }>

/** What the datasets of each kind of drawn task have, and the truth of one of their images. */
interface DrawnKind {
  readonly facts: Pick<Dataset, 'truth' | 'kind'>
  truth(source: Drawn, classes: number): unknown
}

const drawnKinds: { readonly [Kind in DrawnTask['kind']]: DrawnKind } = {
  class: { facts: {}, truth: ({ task, index }) => drawnLabel(task, index) },
  clip: { facts: { kind: 'clips' }, truth: ({ task, index }) => drawnLabel(task, index) },
  labels: { facts: { truth: 'labels' }, truth: ({ task, seed, index }) => drawnLabels(task, seed, index) },
  map: {
    facts: { truth: 'map' },
    truth: (image, count): MaskSource => ({ image, count, classes: plainClasses(count) }),
  },
}

/**
 * Opens a task drawn at run time: `trainSize` and `testSize` images or clips from `seed`; validation is test.
 */
export function openDrawn(task: string, { trainSize, testSize, seed }: OpenOptions): Dataset {
  const { kind, classes } = drawnTask(task)
  const { facts, truth } = drawnKinds[kind]
  const part = (first: number, size: number): Example[] =>
    Array.from({ length: size }, (_, i) => {
      const source: Drawn = { kind: 'drawn', task, seed, index: first + i }
      return { source, truth: truth(source, classes.length) }
    })
  const test = part(firstTest - (firstTest % classes.length), testSize)
  return {
    name: `builtin:${task}`,
    ...facts,
    classes,
    train: part(0, trainSize),
    validation: test,
    test,
  }
}
