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

/** Tasks of the demo: drawn from a seed, so nothing needs to be downloaded. */
export const demoTasks = ['nature', 'count', 'location', 'orientation'] as const
/** One of them. */
export type DemoTask = (typeof demoTasks)[number]

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
  return {
    data: `builtin:${task}`,
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
