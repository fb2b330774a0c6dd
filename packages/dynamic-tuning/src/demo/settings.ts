import type { FinetuneInput } from '../run/settings/finetune-settings.ts'

/** Methods of the demo, in the order in which they run. */
export const demoMethods = ['linear', 'full', 'adaptformer', 'dyt'] as const
/** One of them. */
export type DemoMethod = (typeof demoMethods)[number]

/** How they are called in tables and charts. */
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

/** What the demo runs. */
export interface DemoSettings {
  readonly task: DemoTask
  /** `builtin`, or a path of weights. */
  readonly model: string
  /** A tenth of the work: to see that everything works, not how well. */
  readonly quick: boolean
  readonly seed: number
  /** 0 lets the runtime choose. */
  readonly threads: number
}

/** What holds where nothing is said. */
export const defaultDemo: DemoSettings = {
  task: 'nature',
  model: 'builtin',
  quick: false,
  seed: 0,
  threads: 0,
}

/**
 * How every method is tuned: the same images, steps and batch. Fixed, not fitted to the machine, so that the same seed gives
 * the same weights everywhere; chosen to take about two minutes on two cores.
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
 * Shares of the whole demo's time: a step of full tuning takes about three times one of the linear probe, and Dynamic
 * Tuning trains with a second, complete pass.
 */
export const demoWork: Readonly<Record<DemoMethod, number>> = {
  linear: 1,
  full: 3,
  adaptformer: 2.2,
  dyt: 4.5,
}
