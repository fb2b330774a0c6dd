import { rowsOf, type WindowPlace } from './window/place.ts'

/** The first row of an example in the outputs for a batch, and where its windows lie, if it has windows. */
export interface ExampleRow {
  readonly row: number
  readonly place?: WindowPlace
}

/**
 * The first row of each of `size` examples in the outputs for a batch: one row each, with views already
 * joined, or as many as the example has windows.
 */
export function firstRows(size: number, places?: readonly WindowPlace[]): ExampleRow[] {
  if (places === undefined) return Array.from({ length: size }, (_, row) => ({ row }))
  let row = 0
  return places.map((place) => {
    const first = row
    row += rowsOf(place)
    return { row: first, place }
  })
}
