import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError, RunError } from '../../errors.ts'
import type { GateProbabilities } from '../../evaluation/gate-probabilities.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { readJson } from '../../io/read-json.ts'
import { readRegular } from '../../io/regular-file.ts'
import { writeAside } from '../../io/write-aside.ts'
import { fieldOf } from '../../training/field-of.ts'
import type { TunedModel, TunedRun } from '../tuned-run.ts'
import type { CurvePoint } from './point.ts'
import { thresholdsWithin } from './thresholds-between.ts'

/** Format version of `budgets.json`. */
export const budgetsFormatVersion = 1

/** Contents of a run's `budgets.json`: the cost of different thresholds, measured on validation images. */
export interface Budgets {
  readonly formatVersion: number
  /** Version of the library that calibrated. */
  readonly version: string
  /** SHA-256 of the run's `adapter.safetensors`. */
  readonly adapter: string
  readonly scope: 'global' | 'per-layer'
  /** Number of validation images used. */
  readonly images: number
  readonly staticFlops: number
  readonly probabilities: GateProbabilities
  /** In order of decreasing FLOPs. */
  readonly points: readonly CurvePoint[]
}

const share = z.number().min(0).max(1)
const amount = z.number().nonnegative()
const point = z.looseObject({
  thresholds: z.array(share),
  activeRate: share,
  activeRatePerLayer: z.array(share),
  flops: amount,
  share: amount,
  loss: amount,
  imagesPerSecond: amount,
})
const table = z.array(share).min(2)

/** Schema of `budgets.json` for a task with this primary measure. */
function schemaFor(measure: Measure) {
  const value = measure.unit === 'share' ? share : z.number()
  return z.looseObject({
    version: z.string(),
    adapter: z.string(),
    scope: z.enum(['global', 'per-layer']),
    images: z.int().min(1),
    staticFlops: z.number().positive(),
    probabilities: z.object({ pooled: table, gates: z.array(table) }),
    points: z
      .array(point.and(z.looseObject({ [measure.name]: value, [fieldOf('best', measure)]: value })))
      .min(2),
  })
}

const fileOf = (run: TunedRun): string => join(run.path, 'budgets.json')

/** Saves a calibration in its run folder. @returns the file */
export function writeBudgets(
  run: TunedRun,
  budgets: Omit<Budgets, 'formatVersion' | 'adapter'> & object,
): string {
  const content = { formatVersion: budgetsFormatVersion, adapter: adapterHash(run), ...budgets }
  writeAside(fileOf(run), `${JSON.stringify(content, null, 2)}\n`)
  return fileOf(run)
}

/** Reads `budgets.json`, checked. @throws RunError if it is missing, damaged, or of another run or version */
export function readBudgets(run: TunedRun): Budgets {
  const file = fileOf(run)
  const again = `Calibrate again: dyt calibrate ${run.path}`
  if (!existsSync(file))
    throw new RunError(
      `budget: ${run.path} has not been calibrated. Do that first: dyt calibrate ${run.path}`,
    )
  const content = readJson(file, RunError)
  const version = z.looseObject({ formatVersion: z.unknown() }).safeParse(content).data?.formatVersion
  if (version !== budgetsFormatVersion)
    throw new RunError(
      `budget: ${file} is of format version ${JSON.stringify(version) ?? 'none'}, this library reads version ${budgetsFormatVersion}. ${again}`,
    )
  const result = schemaFor(run.task.measures[0]).safeParse(content)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new RunError(`budget: ${file} is damaged at ${issue?.path.join('.')}: ${issue?.message}. ${again}`)
  }
  checkGates(file, result.data, run, again)
  if (result.data.adapter !== adapterHash(run))
    throw new RunError(`budget: ${file} is of other weights than ${run.folder.adapterPath}. ${again}`)
  return { ...result.data, formatVersion: budgetsFormatVersion }
}

function checkGates(
  file: string,
  { points, probabilities }: Pick<Budgets, 'points' | 'probabilities'>,
  { network }: TunedModel,
  again: string,
): void {
  const gates = network.gates.sites.length
  const lists = [...points.map(({ thresholds }) => thresholds), probabilities.gates]
  const wrong = lists.find(({ length }) => length !== gates)
  if (wrong)
    throw new RunError(
      `budget: ${file} has ${wrong.length} thresholds for ${gates} gates of the run. ${again}`,
    )
}

const adapterHash = ({ folder }: TunedRun): string =>
  createHash('sha256').update(readRegular(folder.adapterPath)).digest('hex')

/** Largest budget: a little above the static model, because adapters and dispatchers add to it. */
const mostShare = 1.2

/** @throws ConfigError for a share of the static model's FLOPs outside (0, 1.2] */
export function checkShare(asker: string, wanted: number): void {
  if (!(wanted > 0 && wanted <= mostShare))
    throw new ConfigError(
      `${asker}: share ${wanted} of the static model's FLOPs, expected above 0 and up to ${mostShare}. Give 0.6, for instance.`,
    )
}

/**
 * Thresholds with which a calibrated run costs at most `wanted` of the static model's FLOPs: those of the
 * best calibrated point within the budget, moved towards the next dearer one as far as the budget allows if
 * that is better still.
 * @throws ConfigError outside (0, 1.2] and below the cheapest point; RunError if the run has not been
 * calibrated, or its `budgets.json` cannot be used
 */
export function budgetThresholds(run: TunedRun, wanted: number): readonly number[] {
  checkShare('budget', wanted)
  const { points, probabilities } = readBudgets(run)
  const cheapest = points.at(-1)?.share ?? Number.NaN
  if (wanted < cheapest)
    throw new ConfigError(
      `budget: ${wanted} of the static model's FLOPs, but ${run.path} needs ${roundedUp(cheapest)} with every gate closed. Give at least that.`,
    )
  return thresholdsWithin(points, wanted, { probabilities, measure: run.task.measures[0] })
}

/** Rounded up to three digits. */
export const roundedUp = (value: number): number => Math.ceil(value * 1000) / 1000
