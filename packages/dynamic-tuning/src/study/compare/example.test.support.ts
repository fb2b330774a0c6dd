import type { RunSummary } from '../../run/summary.ts'
import { summarizeCase } from '../pool/summarize-cases.ts'
import type { CompareOutcome } from './outcome.ts'

/** The measures of a run of classification. */
interface ExampleScore {
  readonly accuracy: number
  readonly meanPerClassAccuracy: number
}

/** A run's summary with easy numbers. */
export function exampleRun(
  more: Partial<RunSummary> & Partial<ExampleScore> = {},
): RunSummary & ExampleScore {
  return {
    run: 'runs/compare/cases/linear/seed0',
    method: 'linear',
    reduction: 'none',
    model: 'builtin',
    data: '/data/cifar10-1k',
    accuracy: 0.4,
    meanPerClassAccuracy: 0,
    metric: 'accuracy',
    loss: 1.5,
    images: 2000,
    activeRate: 1,
    activeRatePerLayer: [1, 1],
    gates: [],
    trainableParams: 2570,
    flops: 323_920_000,
    staticFlops: 323_920_000,
    seconds: 26,
    peakMemoryMB: 400,
    seed: 0,
    ...more,
  }
}

/** A comparison of a linear probe over one seed and two forms of DyT over two; one run failed. */
export function exampleOutcome(): CompareOutcome {
  const dyt = { method: 'dyt', trainableParams: 202_640, activeRate: 0.5, flops: 237_710_000 }
  const runs = [
    exampleRun({ ...dyt, accuracy: 0.5, activeRatePerLayer: [0.75, 0.25] }),
    exampleRun({
      ...dyt,
      accuracy: 0.53,
      seed: 1,
      activeRatePerLayer: [0.25, 0.75],
      seconds: 120,
      peakMemoryMB: 500,
    }),
  ]
  const strange = { name: 'a "b", | c', method: 'dyt', settings: { rate: 0.5, distillation: false } }
  return {
    run: 'runs/compare',
    finished: true,
    data: '/data/cifar10-1k',
    seeds: [0, 1],
    settings: { epochs: 4 },
    cases: [
      {
        ...summarizeCase({ name: 'linear', method: 'linear', settings: {} }, [exampleRun()]),
        imagesPerSecond: 136.4,
      },
      { ...summarizeCase(strange, runs), imagesPerSecond: null },
    ],
    failures: [
      { case: 'linear', seed: 1, error: 'train: the loss is NaN.\nat x', log: 'cases/linear/seed1.log' },
    ],
    speed: {
      batch: 32,
      rounds: 9,
      threads: 0,
      environment: { version: '1', node: 'v20', platform: 'linux-x64', cpu: 'Some CPU', cores: 2 },
    },
    report: 'runs/compare/compare.html',
  }
}
