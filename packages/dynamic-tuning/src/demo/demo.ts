import { join } from 'node:path'
import { present } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import { ConfigError } from '../errors.ts'
import { openBackbone } from '../io/backbone.ts'
import { fetchModel } from '../io/hub/fetch-model.ts'
import { createRunFolder, type RunFolder } from '../io/run-folder.ts'
import { writeAside } from '../io/write-aside.ts'
import { exportModel } from '../run/export/export-run.ts'
import { finetune } from '../run/finetune.ts'
import { libraryVersion } from '../run/library-version.ts'
import { measureSpeed } from '../run/model-speed.ts'
import type { WithoutSignal } from '../run/run-control.ts'
import { definedOnly } from '../run/settings/defined-only.ts'
import { type RunSummary, storedSummary } from '../run/summary.ts'
import { openRun } from '../run/tuned-run.ts'
import type { StepMetrics } from '../training/metrics.ts'
import { type DemoResult, type DemoRun, demoReport } from './report.ts'
import {
  type DemoMethod,
  type DemoSettings,
  defaultDemo,
  demoInput,
  demoMethods,
  demoTasks,
  demoWork,
} from './settings.ts'

/** Settings of the demo; the others have their defaults. */
export type DemoInput = { readonly [K in keyof DemoSettings]?: DemoSettings[K] | undefined }

/** Output folder, callbacks and abort signal of the demo. */
export interface DemoControl {
  /** A new folder: each method gets a run folder in it. */
  readonly out: string
  readonly signal?: AbortSignal
  /** A method begins. */
  readonly onMethod?: (method: DemoMethod) => void
  /** `done` is the finished share of all training, 0 to 1. */
  readonly onStep?: (metrics: StepMetrics, at: { method: DemoMethod; done: number }) => void
  /** A method is tuned and tested. */
  readonly onResult?: (result: RunSummary) => void
  /** The phase after training, in a few words. */
  readonly onPhase?: (phase: string) => void
}

/** Result of the demo. */
export interface DemoOutcome {
  readonly run: string
  readonly settings: DemoSettings
  readonly results: readonly DemoResult[]
  /** One page over all methods. */
  readonly report: string
  /** The skipping model of `dyt`. */
  readonly onnx: string
  readonly seconds: number
}

/**
 * Tunes the built-in backbone on a drawn task with a linear probe, full tuning, AdaptFormer and
 * Dynamic Tuning, times all four, and writes a folder with a run of each, `model.onnx` and
 * `report.html`. Needs no network connection.
 * @throws ConfigError for an unknown task; RunError if `out` holds anything already
 */
export function demo(asked: DemoInput, control: WithoutSignal<DemoControl>): Promise<DemoOutcome>
/** The same where `signal` may stop the demo: undefined then. */
export function demo(asked: DemoInput, control: DemoControl): Promise<DemoOutcome | undefined>
export async function demo(asked: DemoInput, control: DemoControl): Promise<DemoOutcome | undefined> {
  const settings: DemoSettings = { ...defaultDemo, ...definedOnly(asked) }
  if (!demoTasks.includes(settings.task))
    throw new ConfigError(`demo: there is no task ${settings.task}. Choose one of ${demoTasks.join(', ')}.`)
  const start = performance.now()
  // A backbone that cannot be read must not leave a folder behind.
  await fetchModel(settings.model)
  openBackbone(settings.model)
  const run = createRunFolder(control.out)
  try {
    run.writeConfig({ command: 'demo', version: libraryVersion(), settings })
    for (const method of demoMethods) if (!(await tune(method, settings, control))) return undefined
    const runs = demoMethods.map((method) => ({ method, run: openRun(join(control.out, method)) }))
    const results = await finish(run, runs, settings, control)
    const seconds = (performance.now() - start) / 1000
    const { reportPath: report, modelPath: onnx } = run
    return { run: control.out, settings, results, report, onnx, seconds }
  } finally {
    run.release()
  }
}

async function tune(method: DemoMethod, settings: DemoSettings, control: DemoControl): Promise<boolean> {
  control.onMethod?.(method)
  const all = demoMethods.reduce((sum, each) => sum + demoWork[each], 0)
  const before = demoMethods
    .slice(0, demoMethods.indexOf(method))
    .reduce((sum, each) => sum + demoWork[each], 0)
  const { summary } = await finetune(demoInput(method, settings), {
    out: join(control.out, method),
    ...(control.signal && { signal: control.signal }),
    onStep: (metrics, { steps }) =>
      control.onStep?.(metrics, {
        method,
        done: (before + (demoWork[method] * metrics.step) / steps) / all,
      }),
  })
  if (summary) control.onResult?.(summary)
  return summary !== undefined
}

async function finish(
  run: RunFolder,
  runs: readonly DemoRun[],
  settings: DemoSettings,
  { onPhase }: DemoControl,
): Promise<DemoResult[]> {
  onPhase?.('timing the four models in turn')
  const { imagesPerSecond } = await measureSpeed(
    runs.map((each) => each.run),
    { compile: { threads: settings.threads } },
  )
  const results = runs.map(({ method, run: { folder } }, i) => ({
    ...present(storedSummary(folder), `the summary of ${folder.path}`),
    method,
    imagesPerSecond: imagesPerSecond[i] ?? Number.NaN,
  }))
  for (const result of results) run.appendMetric({ kind: 'result', ...result })
  onPhase?.('writing model.onnx and report.html')
  const dyt = present(runs.find(({ method }) => method === 'dyt')?.run, 'the run of dyt')
  exportModel(dyt, { out: run.modelPath })
  const { test } = dyt.task.truth.of(await openDataset(dyt.settings.data, dyt.settings))
  writeAside(run.reportPath, await demoReport(settings, results, runs, test))
  return results
}
