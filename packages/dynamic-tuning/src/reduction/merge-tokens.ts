import {
  add,
  concat,
  type Dim,
  gatherBatched,
  mul,
  reshape,
  scatterAddBatched,
  type Tensor,
  zerosLike,
} from '@dynamic-tuning/engine'
import { type Matching, positionsFor } from './match-tokens.ts'

/** Merges T tokens into T - r. */
export interface Merge {
  /** Sums of the tokens that are merged together: [B, T, C] -> [B, T - r, C]. */
  sum(x: Tensor): Tensor
  /** New position of each of the T tokens: int64 [B, T]. */
  readonly place: Tensor
}

/** The merge described by a matching. The new order is the remaining tokens of A, then all of B. */
export function mergeTokens({ source, target, unmerged, oddTokens }: Matching): Merge {
  const staying = Number(unmerged.shape[1])
  const odd = positionsFor(source, oddTokens, 1, 2)
  const kept = concat([mul(unmerged, 2), odd], 1)
  const leaving = mul(source, 2)
  const into = add(target, staying)
  return {
    sum: (x) => scatterAddBatched(gatherBatched(x, kept), into, gatherBatched(x, leaving)),
    place: placesOf(kept, leaving, into),
  }
}

/** New positions: tokens at `kept` keep their order; tokens at `leaving` take the positions `into`. */
function placesOf(kept: Tensor, leaving: Tensor, into: Tensor): Tensor {
  const from = concat([kept, leaving], 1)
  const to = concat([positionsFor(kept, Number(kept.shape[1])), into], 1)
  const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1])
  const [batch, tokens] = from.shape as [Dim, number]
  return reshape(scatterAddBatched(zerosLike(column(from)), from, column(to)), [batch, tokens])
}

/**
 * The position of each original token after one more merge. before: int64 [B, N + 1],
 * undefined for the first merge.
 */
export function followed(before: Tensor | undefined, place: Tensor): Tensor {
  if (before === undefined) return place
  const [batch, tokens] = before.shape as [Dim, number]
  const column = reshape(place, [...place.shape, 1])
  return reshape(gatherBatched(column, before), [batch, tokens])
}
