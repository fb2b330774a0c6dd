import type { TruthName } from '../example.ts'
import type { Truth } from '../truth.ts'
import { classTruth } from './class.ts'
import { labelsTruth } from './labels.ts'
import { mapTruth } from './map.ts'

/** The kinds of truth, by name. */
export const truths: { readonly [Name in TruthName]: Truth<unknown> } = {
  class: classTruth,
  labels: labelsTruth,
  map: mapTruth,
}
