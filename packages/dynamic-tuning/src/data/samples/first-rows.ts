import { rowsOf, type WindowPlace } from './window/place.ts'

/** The first row of an example in the outputs for a batch, and where its windows lie, if it has windows. */
export interface ExampleRow<P extends WindowPlace | undefined = WindowPlace | undefined> {
  readonly row: number
  readonly place: P
}

/**
 * The first row of each example in the outputs for a batch, by the places of their windows: as many rows as
 * an example has windows; one, with views already joined, where it has no place.
 */
export function firstRows<P extends WindowPlace | undefined>(places: readonly P[]): ExampleRow<P>[] {
  let row = 0
  return places.map((place) => {
    const first = row
    row += place ? rowsOf(place) : 1
    return { row: first, place }
  })
}
