import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { ConfigError, DataError } from '../errors.ts'
import { loadCheckpointFile } from '../io/checkpoint.ts'
import { readJson } from '../io/read-json.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { issuesOf } from '../issues-of.ts'
import { huggingFaceTypes } from '../models/checkpoints/hugging-face-config.ts'
import { isBackboneFixture } from './backbone-settings.ts'
import { backboneTolerances, type Tolerance } from './tolerance.ts'

/** A folder with the weights and inputs of a model and its expected outputs. */
export interface Fixture {
  readonly folder: string
  /** The value in `config.json`; the fixture's kind checks it. */
  readonly config: unknown
  readonly inputs: ReadonlyMap<string, TensorData>
  /** Expected tensors, and the losses of `expected.json` as scalars: `losses_per_step[3].kl`. */
  readonly expected: ReadonlyMap<string, TensorData>
  /** Limits by name pattern (`*` matches anything); the first match counts. */
  readonly tolerances: ReadonlyMap<string, Tolerance>
  /** Parameters whose updates are rounding noise and are not compared. */
  readonly updatesNotCompared: readonly string[]
}

const limit = z.object({ abs: z.number().nonnegative(), rel_to_tensor_max: z.number().nonnegative() })
const losses = z.record(z.string(), z.number())
const expectations = z.looseObject({
  tolerances: z.record(z.string(), limit).optional(),
  /** One limit for everything, in folders that hold JSON alone. */
  tolerance: z.number().nonnegative().optional(),
  losses: losses.optional(),
  losses_first_step: losses.optional(),
  losses_dropout: losses.optional(),
  losses_per_step: z.array(losses).optional(),
})
const common = z.looseObject({ updates_not_compared: z.array(z.string()).default([]) })

/**
 * Opens the folder of a fixture: everything but the weights. A Hugging Face model folder without expectations
 * uses those and the inputs of its parent folder; methods on a shared backbone have no `expected.json`, and
 * a folder may hold JSON alone, which its kind reads.
 * @throws DataError if config.json or expected.json is missing or damaged; CheckpointError for the tensor
 * files
 */
export function openFixture(folder: string): Fixture {
  const config = readJson(join(folder, 'config.json'), DataError)
  const complete = existsSync(join(folder, 'expected.safetensors'))
  const home = isHuggingFace(config) && !complete ? join(folder, '..') : folder
  const path = join(home, 'expected.json')
  const usual = isBackboneFixture(config) && !existsSync(path)
  const json = usual ? { tolerances: backboneTolerances } : readJson(path, DataError)
  const told = check(expectations, path, json, DataError)
  const limits = told.tolerances ?? (told.tolerance !== undefined && everywhere(told.tolerance))
  if (!limits) throw new DataError(`verify: ${path} has no tolerances, got none. Write them.`)
  const read = hasTensors(home) ? readSafetensors : () => new Map<string, TensorData>()
  const tensors = read(join(home, 'expected.safetensors'))
  return {
    folder,
    config,
    inputs: read(join(home, 'inputs.safetensors')),
    expected: new Map([...tensors, ...lossScalars(told)]),
    tolerances: new Map(Object.entries(limits)),
    updatesNotCompared: check(common, join(folder, 'config.json'), config, DataError).updates_not_compared,
  }
}

const everywhere = (abs: number): Record<string, Tolerance> => ({ '*': { abs, rel_to_tensor_max: 0 } })

/** True if a folder has any file of tensors. */
function hasTensors(folder: string): boolean {
  return ['expected', 'inputs', 'weights'].some((name) => existsSync(join(folder, `${name}.safetensors`)))
}

/** True for the `config.json` of a Hugging Face ViT or DINOv2 rather than of a fixture. */
export function isHuggingFace(config: unknown): boolean {
  return z
    .looseObject({ model_type: z.enum(huggingFaceTypes), kind: z.undefined().optional() })
    .safeParse(config).success
}

/**
 * The fixture's weights under timm names, from the file named by `weights` in
 * config.json, or `weights.safetensors`.
 */
export function fixtureWeights({ folder, config }: Fixture): Map<string, TensorData> {
  const { weights } = z.looseObject({ weights: z.string().default('weights.safetensors') }).parse(config)
  return loadCheckpointFile(resolve(folder, weights)).tensors
}

/** Expected tensors of a file that only some fixtures have. */
export function moreExpected(folder: string, file: string): Map<string, TensorData> {
  const path = join(folder, file)
  return existsSync(path) ? readSafetensors(path) : new Map()
}

/**
 * The settings of a fixture, parsed with its kind's schema. @throws ConfigError naming the unsupported field
 */
export function fixtureConfig<T extends z.ZodType>(fixture: Fixture, schema: T): z.output<T> {
  return check(schema, join(fixture.folder, 'config.json'), fixture.config, ConfigError)
}

/** An input of the fixture. @throws DataError if it is missing */
export function fixtureInput(fixture: Fixture, name: string): TensorData {
  const tensor = fixture.inputs.get(name)
  if (tensor) return tensor
  throw new DataError(
    `verify: ${fixture.folder} has no input "${name}", got ${[...fixture.inputs.keys()].join(', ')}. Complete inputs.safetensors.`,
  )
}

function check<T extends z.ZodType>(
  schema: T,
  path: string,
  json: unknown,
  failure: new (message: string) => Error,
): z.output<T> {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw new failure(`verify: ${path} cannot be used as a fixture: ${issuesOf(result.error)}. Correct it.`)
}

function lossScalars(
  scalars: Pick<
    z.output<typeof expectations>,
    'losses' | 'losses_first_step' | 'losses_dropout' | 'losses_per_step'
  >,
): [string, TensorData][] {
  const steps = scalars.losses_per_step ?? []
  const groups: [string, Record<string, number> | undefined][] = [
    ['losses', scalars.losses],
    ['losses_first_step', scalars.losses_first_step],
    ['losses_dropout', scalars.losses_dropout],
    ...steps.map((terms, step): [string, Record<string, number>] => [`losses_per_step[${step}]`, terms]),
  ]
  return groups.flatMap(([group, terms = {}]) =>
    Object.entries(terms).map(([term, value]): [string, TensorData] => [
      `${group}.${term}`,
      scalarData(value),
    ]),
  )
}

/** One number as a tensor without axes. */
export function scalarData(value: number): TensorData {
  return { dtype: 'float64', shape: [], data: Float64Array.of(value) }
}
