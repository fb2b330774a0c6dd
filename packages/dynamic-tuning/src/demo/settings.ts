import type { FinetuneInput } from '../run/settings/finetune-settings.ts'

/** Methods of the demo, in the order in which they run. */
export const demoMethods = ['linear', 'full', 'adaptformer', 'dyt'] as const
/** One of them. */
export type DemoMethod = (typeof demoMethods)[number]

/** Titles in tables and charts. */
export const demoTitles: Readonly<Record<DemoMethod, string>> = {
  linear: 'linear probe',
  full: 'full tuning',
  adaptformer: 'AdaptFormer',
  dyt: 'DyT, r = 0.5',
}

/** What a demo shows. */
interface Shown {
  /** Its pictures, drawn from a seed, so that nothing needs to be downloaded. */
  readonly data: string
  /** Name of the task in the registry. */
  readonly task: string
  /** Pictures of a user's own that would do, in a few words. */
  readonly own: readonly [place: string, words: string]
  /** Settings that differ from those of the other demos. */
  readonly settings?: Partial<FinetuneInput>
}

const labelled = (data: string): Shown => ({
  data: `builtin:${data}`,
  task: 'classification',
  own: ['photos/', 'one folder of images per class'],
})

/** What each demo shows, by the name of its task. */
export const demos = {
  nature: labelled('nature'),
  count: labelled('count'),
  location: labelled('location'),
  orientation: labelled('orientation'),
  segmentation: {
    data: 'builtin:scenes',
    task: 'segmentation',
    own: ['streets/', 'images/ and masks/'],
    settings: { testSize: 100, validationImages: 30, epochs: 10 },
  },
} as const satisfies Readonly<Record<string, Shown>>

/** Tasks of the demo. */
export type DemoTask = keyof typeof demos
/** Their names. */
export const demoTasks = Object.keys(demos) as [DemoTask, ...DemoTask[]]

/** Settings of the demo. */
export interface DemoSettings {
  readonly task: DemoTask
  /** `builtin`, or a path of weights. */
  readonly model: string
  /** Runs a tenth of the work, to check that everything works. */
  readonly quick: boolean
  readonly seed: number
  /** 0: chosen by the runtime. */
  readonly threads: number
}

/** Defaults of the demo. */
export const defaultDemo: DemoSettings = {
  task: 'nature',
  model: 'builtin',
  quick: false,
  seed: 0,
  threads: 0,
}

/**
 * Settings of `finetune` for a method. Images, steps and batch are the same for all methods and
 * machines, so that a seed gives the same weights everywhere; about two minutes on two cores.
 */
export function demoInput(
  method: DemoMethod,
  { task, model, quick, seed, threads }: DemoSettings,
): FinetuneInput {
  const { data, settings }: Shown = demos[task]
  return {
    data,
    model,
    method,
    seed,
    threads,
    rate: method === 'dyt' ? 0.5 : undefined,
    bottleneck: method === 'linear' || method === 'full' ? undefined : 16,
    adapterScale: method === 'linear' || method === 'full' ? undefined : 1,
    epochs: quick ? 2 : 8,
    batch: 16,
    trainSize: quick ? 48 : 160,
    testSize: quick ? 48 : 300,
    // Every fifth test image: classes take turns, and 5 divides no task's number of classes.
    validationImages: quick ? 48 : 60,
    learningRate: 6e-3,
    workers: 1,
    ...(!quick && settings),
  }
}

/**
 * Relative training time of each method, for progress: a step of full tuning takes about three
 * times one of the linear probe, and Dynamic Tuning trains with a second, complete pass.
 */
export const demoWork: Readonly<Record<DemoMethod, number>> = {
  linear: 1,
  full: 3,
  adaptformer: 2.2,
  dyt: 4.5,
}
