import type { CompileOptions } from '@dynamic-tuning/engine'
import { compareAll, type TensorReport } from './compare.ts'
import { openFixture } from './fixture.ts'
import { kindOf } from './registry.ts'

/** Result of a fixture. */
export interface FixtureReport {
  readonly fixture: string
  /** True if every expected tensor was produced and is close enough. */
  readonly pass: boolean
  readonly tensors: readonly TensorReport[]
}

/**
 * Runs a reference fixture with the code that users run (model, training step, optimiser, masked and skipping
 * inference) and compares every expected tensor and loss. One that cannot be produced is a failed entry.
 * @throws ConfigError for an unknown kind or unsupported setting; DataError and CheckpointError for files
 * that are missing, damaged or do not fit the model
 */
export async function verifyFixture(
  folder: string,
  options: Pick<CompileOptions, 'device' | 'threads'> = {},
): Promise<FixtureReport> {
  const fixture = openFixture(folder)
  const kind = kindOf(fixture)
  const more = kind.moreExpected?.(fixture) ?? new Map()
  const expected = new Map([...fixture.expected, ...more])
  const tensors = compareAll({ ...fixture, expected }, await kind.produce(fixture, options))
  return { fixture: folder, pass: tensors.every(({ pass }) => pass), tensors }
}
