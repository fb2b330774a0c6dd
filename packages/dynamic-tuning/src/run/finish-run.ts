import { existsSync } from 'node:fs'
import type { TensorData } from '@dynamic-tuning/engine'
import { sampleWord } from '../data/samples/word.ts'
import { DataError, RunError } from '../errors.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { openRunFolder, type RunFolder } from '../io/run-folder.ts'
import { openSafetensors, readSafetensors } from '../io/safetensors.ts'
import { writeAside } from '../io/write-aside.ts'
import { present } from '../present.ts'
import { type ClassResults, storedClasses } from './class-results.ts'
import { dropFeatures } from './feature-cache.ts'
import type { LeftOut } from './left-out.ts'
import type { Prepared } from './prepare-run.ts'
import { runReport } from './run-report.ts'
import { type RunSummary, storedSummary, summarize } from './summary.ts'
import { heldOut } from './training-parts.ts'
import { type TunedModel, tunedModel } from './tuned-run.ts'

/** The weights that a run has trained, and after how many steps. */
interface Trained {
  readonly weights: ReadonlyMap<string, TensorData>
  readonly steps: number
}

/** How the end of a run is shown, and what it leaves out. */
interface FinishControl {
  /** The run's folder as the user named it. */
  readonly out: string
  readonly onPhase?: (phase: string) => void
  readonly left: LeftOut
}

/** The summary of a run that lacks nothing: result, weights and report. */
export function finishedSummary(run: RunFolder): RunSummary | undefined {
  return existsSync(run.reportPath) && hasWholeWeights(run) ? storedSummary(run) : undefined
}

/** Removes what a process left that was killed after the result: lock, features, temporary files. */
export function tidyFinished(path: string): void {
  try {
    const run = openRunFolder(path, { write: true })
    dropFeatures(run)
    run.release()
  } catch (error) {
    // Another process may be about to do the same.
    if (!(error instanceof RunError)) throw error
  }
}

/** The trained weights of a run; undefined if they are missing or damaged. */
export function trainedWeights(run: RunFolder): ReadonlyMap<string, TensorData> | undefined {
  return hasWholeWeights(run) ? readSafetensors(run.adapterPath) : undefined
}

/** True if `adapter.safetensors` is there with all of its bytes. */
function hasWholeWeights(run: RunFolder): boolean {
  if (!existsSync(run.adapterPath)) return false
  try {
    openSafetensors(run.adapterPath).close()
    return true
  } catch {
    return false
  }
}

/**
 * Tests trained weights, unless the run has a result already, and writes the report. The result, which marks
 * the run as finished, is written last: a run killed before is tested again on resuming.
 */
export async function finishRun(
  run: RunFolder,
  prepared: Prepared,
  { weights, steps }: Trained,
  control: FinishControl,
): Promise<RunSummary> {
  const model = tunedModel(prepared, new Map([...prepared.tensors, ...weights]))
  const classifier = await model.classifier()
  try {
    const stored = storedSummary(run)
    const tested = stored ? undefined : await test(run, prepared, { model, classifier }, control)
    const summary = stored ?? present(tested, 'the result of the test').summary
    const results = tested?.classes ?? storedClasses(run)
    const { dataset, settings } = prepared
    const heldOut = dataset.validation === dataset.test ? 'test' : 'validation'
    const examples = dataset[settings.testOn]
    const report = { model, classifier, summary, results, examples, heldOut } as const
    writeAside(run.reportPath, await runReport({ ...report, records: run.readMetrics() }))
    if (tested) run.appendMetric({ kind: 'result', step: steps, ...summary, ...tested.classes })
    dropFeatures(run)
    return summary
  } finally {
    await classifier.release()
  }
}

async function test(
  run: RunFolder,
  prepared: Prepared,
  { model, classifier }: { readonly model: TunedModel; readonly classifier: Classifier },
  { out, onPhase, left }: FinishControl,
): Promise<{ readonly summary: RunSummary; readonly classes: ClassResults }> {
  const { settings, dataset } = prepared
  const examples = dataset[settings.testOn]
  onPhase?.(`testing on ${examples.length} ${dataset.kind ?? 'images'}`)
  const held = heldOut(prepared, examples, { onBad: left.heldOut })
  try {
    const evaluation = await evaluate(classifier, held, model.task.tally(model))
    if (evaluation.images === 0) throw nothingTested(examples.length, settings)
    const { average } = dataset
    const summed = summarize(out, model, evaluation, { ...trainingTime(run), average })
    const summary = settings.skipBad ? { ...summed, skipped: left.count() } : summed
    const { perClass, confusion } = evaluation
    return { summary, classes: { perClass, ...(confusion && { confusion }) } }
  } finally {
    await held.close()
  }
}

/** The error of a test in which no sample could be read. */
export function nothingTested(count: number, settings: Parameters<typeof sampleWord>[0]): DataError {
  return new DataError(
    `test: none of the ${count} test ${sampleWord(settings)}s can be read, so there is no result. Restore the files and go on with --resume.`,
  )
}

/**
 * Time spent in training steps and on computing features, without pauses of interrupted runs, and the share
 * of it that steps waited for images.
 */
function trainingTime(run: RunFolder): { seconds: number; loaderWaitShare: number } {
  const lines = run.readMetrics() as { kind?: string; seconds?: number; waitSeconds?: number }[]
  const sum = (kind: string, field: 'seconds' | 'waitSeconds'): number =>
    lines.filter((line) => line.kind === kind).reduce((total, line) => total + (line[field] ?? 0), 0)
  const [steps, waited] = [sum('epoch', 'seconds'), sum('epoch', 'waitSeconds')]
  return { seconds: steps + sum('features', 'seconds'), loaderWaitShare: waited / (waited + steps) }
}
