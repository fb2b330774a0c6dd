import {
  add,
  argMax,
  concat,
  constant,
  type Dim,
  div,
  expandLike,
  gather,
  gatherBatched,
  matMul,
  mul,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  scalar,
  scatterAddBatched,
  slice,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  topK,
  transpose,
  zerosLike,
} from '@dynamic-tuning/engine'

/**
 * Which tokens merge into which. The T tokens are split into A at even positions (0 is the class
 * token) and B at odd positions.
 */
export interface Matching {
  /** Positions in A of the r tokens that are merged away, best match first: int64 [B, r]. */
  readonly source: Tensor
  /** Positions in B of the tokens they are merged into: int64 [B, r]. */
  readonly target: Tensor
  /** Positions in A of the tokens that stay, ascending: int64 [B, |A| - r]. */
  readonly unmerged: Tensor
  readonly oddTokens: number
}

/** Lower than any cosine, so that the class token is never merged. */
const never = -2

/**
 * Bipartite soft matching of ToMe (Section 3 of arXiv:2210.09461): each token of A is matched
 * with the most similar token of B, by the cosine of their keys averaged over heads; the r best
 * matches merge. Carries no gradient.
 * keys: [B, T, C].
 */
export function matchTokens(keys: Tensor, heads: number, r: number): Matching {
  const [batch, tokens, width] = keys.shape as [Dim, number, number]
  const metric = unitLength(
    reduceMean(reshape(stopGradient(keys), [batch, tokens, heads, width / heads]), { axes: [2] }),
  )
  const [even, odd] = [Math.ceil(tokens / 2), Math.floor(tokens / 2)]
  const a = gather(metric, positions(even, 0, 2), 1)
  const b = gather(metric, positions(odd, 1, 2), 1)
  const similarity = matMul(a, transpose(b, [0, 2, 1]))
  const best = slice(reduceMax(similarity, { axes: [2] }), 1, 1, even)
  const classToken = expandLike(scalar(never), slice(best, 1, 0, 1))
  const source = topK(concat([classToken, best], 1), r).indices
  const partner = reshape(argMax(similarity, 2), [batch, even, 1])
  return {
    source,
    target: reshape(gatherBatched(partner, source), [batch, r]),
    unmerged: othersThan(source, even),
    oddTokens: odd,
  }
}

function unitLength(x: Tensor): Tensor {
  return div(x, sqrt(reduceSum(mul(x, x), { axes: [x.shape.length - 1], keepDims: true })))
}

/** The positions first, first + step, ...: int64 [count]. */
function positions(count: number, first: number, step: number): Tensor {
  const data = BigInt64Array.from({ length: count }, (_, i) => BigInt(first + i * step))
  return constant({ dtype: 'int64', shape: [count], data })
}

/** The positions first, first + step, ... for every image of `like` (int64 [B, K]): [B, count]. */
export function positionsFor(like: Tensor, count: number, first = 0, step = 1): Tensor {
  return add(reshape(positions(count, first, step), [1, count]), zerosLike(slice(like, 1, 0, 1)))
}

/** 1 at the positions `chosen` (int64 [B, K]) and 0 elsewhere: [B, count]. */
export function flagsOf(chosen: Tensor, count: number): Tensor {
  const [batch] = chosen.shape as [Dim]
  const none = expandLike(scalar(0), reshape(positionsFor(chosen, count), [batch, count, 1]))
  const ones = expandLike(scalar(1), reshape(chosen, [...chosen.shape, 1]))
  return reshape(scatterAddBatched(none, chosen, ones), [batch, count])
}

/** The positions below `count` that are not in `chosen`, ascending; sorting keeps equal flags in order. */
function othersThan(chosen: Tensor, count: number): Tensor {
  return topK(sub(scalar(1), flagsOf(chosen, count)), count - Number(chosen.shape[1])).indices
}
