import { DataError } from '../../errors.ts'
import type { MatNumbers } from './numbers.ts'
import type { MatValue } from './value.ts'

/** Numbers with their dimensions. */
export interface MatArray {
  readonly dims: readonly number[]
  readonly data: MatNumbers
}

/** The value as numbers. @throws DataError naming `where` if it is something else */
export function asNumbers(value: MatValue | undefined, where: string): MatArray {
  if (value?.kind === 'numbers') return value
  throw mistaken('numbers', value, where)
}

/** The value as one number. */
export function asNumber(value: MatValue | undefined, where: string): number {
  const { data } = asNumbers(value, where)
  const [only] = data
  if (only !== undefined && data.length === 1) return only
  throw new DataError(`mat: ${where}: expected one number, got ${data.length}`)
}

/** The value as one line of text. */
export function asText(value: MatValue | undefined, where: string): string {
  if (value?.kind === 'text' && value.rows.length <= 1) return value.rows[0] ?? ''
  throw mistaken('one line of text', value, where)
}

/** The value as cells. */
export function asCells(value: MatValue | undefined, where: string): readonly MatValue[] {
  if (value?.kind === 'cell') return value.items
  throw mistaken('cells', value, where)
}

/** The value as structs, in MATLAB's order. */
export function asStructs(
  value: MatValue | undefined,
  where: string,
): readonly ReadonlyMap<string, MatValue>[] {
  if (value?.kind === 'struct') return value.items
  throw mistaken('structs', value, where)
}

function mistaken(expected: string, value: MatValue | undefined, where: string): DataError {
  const got = value === undefined ? 'nothing' : value.kind === 'other' ? value.what : value.kind
  return new DataError(`mat: ${where}: expected ${expected}, got ${got}`)
}
