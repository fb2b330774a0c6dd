import { DataError } from '../../../errors.ts'
import { readMaskValues } from '../../masks/read-mask.ts'

/** Values that occur in masks, ascending, and the mask with the largest. */
export interface FoundValues {
  readonly values: readonly number[]
  readonly largestIn: string
}

/**
 * Looks for the values that occur in masks. Masks that cannot be read are passed over: they show when the
 * files are checked.
 * @param enough called with each value that is new; true ends the search
 * @throws DataError if no mask can be read, saying why for the first
 */
export async function findValues(
  masks: readonly string[],
  enough?: (value: number) => boolean,
): Promise<FoundValues> {
  const seen = new Uint8Array(65536)
  let [largest, largestIn, read] = [-1, '', 0]
  let first: DataError | undefined
  const found = (): FoundValues => ({
    values: [...seen.keys()].filter((value) => seen[value] === 1),
    largestIn,
  })
  for (const mask of masks) {
    try {
      const { data } = await readMaskValues(mask)
      for (const value of data) {
        if (seen[value] === 1) continue
        seen[value] = 1
        if (value > largest) [largest, largestIn] = [value, mask]
        if (enough?.(value)) return found()
      }
      read++
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      first ??= error
    }
  }
  if (read === 0 && first) throw first
  return found()
}
