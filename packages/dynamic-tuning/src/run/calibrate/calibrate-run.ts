import { join } from 'node:path'
import { staticFlops } from '../../cost/static-flops.ts'
import { openDataset } from '../../data/dataset.ts'
import { drawExamples } from '../../data/draw-examples.ts'
import type { Example } from '../../data/example.ts'
import { createLoader } from '../../data/loader/loader.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { type GateProbabilities, gateProbabilities } from '../../evaluation/gate-probabilities.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { writeAside } from '../../io/write-aside.ts'
import { checkClasses, usualBatch } from '../evaluate-run.ts'
import { libraryVersion } from '../library-version.ts'
import { testReading } from '../settings/clip-settings.ts'
import type { TunedRun } from '../tuned-run.ts'
import { writeBudgets } from './budgets.ts'
import type { Calibration, CalibrationSettings } from './calibration.ts'
import { checkCalibration } from './check-calibration.ts'
import { globalCurve } from './curve.ts'
import { withLatency } from './latency.ts'
import { searchLayers } from './layer-search.ts'
import { calibrationPage } from './page.ts'
import { type BudgetPoint, type CurvePoint, envelope, type Measurer, measurer } from './point.ts'
import { type MetTarget, pointInTime, pointWithin, pointWithoutLoss, tries } from './targets.ts'

/** Default number of points of the curve, and default limit of evaluations in the search. */
const [usualPoints, usualEvaluations] = [13, 100]
/** Steps of the search `per-layer` from its start to all gates closed. */
const searchSteps = 16

/** State of a calibration. */
interface Session {
  readonly run: TunedRun
  readonly wanted: CalibrationSettings
  readonly examples: readonly Example[]
  readonly classifier: Classifier
  readonly measurer: Measurer
  readonly probabilities: GateProbabilities
}

/**
 * Measures a tuned run at many gate thresholds on validation images, finds those that meet the targets, and
 * saves the curve as `budgets.json` and `calibrate.html` in the run folder.
 * @throws ConfigError for runs without learned gates, and for invalid or unreachable targets; DataError if
 * the run's data is missing
 * @example
 * ```ts
 * import { calibrateRun, openRun } from 'dynamic-tuning'
 *
 * const { points, files } = await calibrateRun(openRun('runs/photos'))
 * console.log(points.length, files.page)
 * ```
 */
export async function calibrateRun(run: TunedRun, wanted: CalibrationSettings = {}): Promise<Calibration> {
  checkCalibration(run, wanted)
  const dataset = run.task.truth.of(await openDataset(run.settings.data, run.settings))
  checkClasses(run.settings.data, dataset.classes, run.classes)
  const { validation, test } = dataset
  const examples = drawExamples(
    validation,
    wanted.images ?? validation.length,
    run.settings.seed,
    'calibrate',
  )
  const loader = createLoader(examples, {
    ...testReading(run),
    batch: usualBatch(run),
    seed: run.settings.seed,
    ...(wanted.workers !== undefined && { workers: wanted.workers }),
  })
  const classifier = await run.classifier('skip', wanted.compile, { probabilities: true })
  try {
    const probabilities = await gateProbabilities(classifier, loader)
    const most = mostEvaluations(wanted)
    const measuring = measurer(run, classifier, loader, (done) => wanted.onEvaluation?.(done, most))
    const session = { run, wanted, examples, classifier, measurer: measuring, probabilities }
    return await calibrate(session, validation === test)
  } finally {
    await Promise.all([loader.close(), classifier.release()])
  }
}

/** Upper limit of evaluations: the curve with points in wide gaps, the search, and some for each target. */
function mostEvaluations({ points = usualPoints, scope, ...wanted }: CalibrationSettings): number {
  const targets = [wanted.flops, wanted.drop].filter((target) => target !== undefined).length
  const search = scope === 'per-layer' ? (wanted.evaluations ?? usualEvaluations) : 0
  return Math.ceil(1.5 * points) + 1 + search + tries * targets
}

async function calibrate(session: Session, validationIsTest: boolean): Promise<Calibration> {
  const began = performance.now()
  const { run, wanted, probabilities, examples } = session
  const [measure] = run.task.measures
  const scope = wanted.scope ?? 'global'
  const { trained, global, leftOut } = await globalCurve(
    session.measurer,
    probabilities,
    wanted.points ?? usualPoints,
  )
  const curve = scope === 'global' ? global : await layerCurve(session, global)
  const met = await meetTargets(session, { trained, points: curve })
  const all = await timed(session, [...new Set([...curve, ...met.map(({ point }) => point)])])
  const points = envelope(all, measure)
  const common = { scope, images: examples.length, staticFlops: staticFlops(run.network), points }
  const budgets = writeBudgets(run, { version: libraryVersion(), probabilities, ...common })
  const targets = [...met, ...latencyTarget(points, measure, wanted)]
  const calibration: Calibration = {
    run: run.path,
    method: run.network.tuner.name,
    data: run.settings.data,
    validationIsTest,
    ...common,
    trained: sameThresholds(envelope([...global, ...all], measure), trained),
    ...(scope === 'per-layer' && { global: envelope(global, measure) }),
    leftOut,
    targets: targets.map((target) => ({ ...target, point: sameThresholds(points, target.point) })),
    ...(wanted.latencyMs !== undefined && { latencyBatch: wanted.batch ?? 1 }),
    evaluations: session.measurer.evaluations,
    files: { budgets, page: join(run.path, 'calibrate.html') },
    seconds: (performance.now() - began) / 1000,
  }
  writeAside(calibration.files.page, calibrationPage(calibration, run.task))
  return calibration
}

/** The curve per layer: global points above the start of the search, its path, and all gates closed. */
async function layerCurve(
  { run: model, wanted, measurer, probabilities }: Session,
  global: readonly BudgetPoint[],
): Promise<BudgetPoint[]> {
  const evaluations = wanted.evaluations ?? usualEvaluations
  const path = await searchLayers({ model, measurer, probabilities, global, evaluations, steps: searchSteps })
  const [start, end] = [path[0], path.at(-1)] as [BudgetPoint, BudgetPoint]
  const closed = global.at(-1) as BudgetPoint
  return [
    ...global.filter(({ flops }) => flops > start.flops),
    ...path,
    ...(closed.flops < end.flops ? [closed] : []),
  ]
}

async function meetTargets(
  { run, measurer, probabilities, wanted }: Session,
  curve: { readonly trained: BudgetPoint; readonly points: readonly BudgetPoint[] },
): Promise<MetTarget[]> {
  const { flops, drop } = wanted
  const [measure] = run.task.measures
  const search = { measure, measurer, probabilities, ...curve }
  const met: MetTarget[] = []
  if (flops !== undefined) met.push({ kind: 'flops', asked: flops, point: await pointWithin(search, flops) })
  if (drop !== undefined)
    met.push({ kind: `${measure.name}Drop`, asked: drop, point: await pointWithoutLoss(search, drop) })
  return met
}

async function timed(
  { run, classifier, examples, wanted }: Session,
  points: readonly BudgetPoint[],
): Promise<readonly BudgetPoint[]> {
  const { latencyMs, batch = 1 } = wanted
  return latencyMs === undefined ? points : withLatency(points, classifier, run, { examples, batch })
}

function latencyTarget(
  points: readonly BudgetPoint[],
  measure: Measure,
  { latencyMs, batch = 1 }: CalibrationSettings,
): MetTarget[] {
  if (latencyMs === undefined) return []
  return [{ kind: 'latency', asked: latencyMs, point: pointInTime(points, latencyMs, { batch, measure }) }]
}

function sameThresholds(points: readonly CurvePoint[], { thresholds }: BudgetPoint): CurvePoint {
  return points.find((point) => point.thresholds.join() === thresholds.join()) as CurvePoint
}
