import { ConfigError } from '../../errors.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import type { NamedSettings } from '../pool/run-case.ts'

/** A row of the table: a method with its settings, tuned on every task. */
export interface VtabRowPlan {
  readonly name: string
  readonly method: string
  /** Settings in which it differs from other rows, without the method. */
  readonly settings: SomeSettings
  /** True if its adapter scale is searched. */
  readonly searched: boolean
}

/** What decides the rows. */
interface RowsAsked {
  readonly method: string | readonly string[] | undefined
  readonly cases: readonly NamedSettings[] | undefined
  readonly scales: readonly number[]
}

/**
 * The rows of the table, from cases or methods.
 * @throws ConfigError for unknown methods, both methods and cases, and a search that no row takes part in
 */
export function rowsOf({ method, cases, scales }: RowsAsked): VtabRowPlan[] {
  if (cases && method !== undefined)
    throw new ConfigError('vtab: both cases and method are given. Leave one out; a case has its own method.')
  const methods = method === undefined ? ['dyt'] : typeof method === 'string' ? [method] : method
  const named = cases ?? methods.map((each): NamedSettings => ({ name: each, method: each }))
  const rows = named.map(({ name, method: own = 'dyt', ...settings }) => ({
    ...{ name, method: own, settings },
    searched: scales.length > 0 && tunerNamed(own).uses.includes('adapterScale'),
  }))
  if (scales.length > 0 && !rows.some(({ searched }) => searched))
    throw new ConfigError(
      `vtab: search is asked for, but ${rows.map((row) => row.method).join(', ')} has no adapter scale. Leave it out.`,
    )
  return rows
}
