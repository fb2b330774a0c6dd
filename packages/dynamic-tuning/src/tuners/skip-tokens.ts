import {
  add,
  constant,
  type Dim,
  gatherRows,
  greater,
  multiplyDims,
  nonZero,
  or,
  reshape,
  scatterRows,
  type Tensor,
} from '@dynamic-tuning/engine'

/**
 * `base` plus `run` on the active tokens alone: gathers them over the whole batch, runs norm and block on those K rows,
 * adds the result at their places. Token t of an image is active where its logit is above 0, and token 0 always is.
 * x and base: [B, N + 1, C], logits: [B, N + 1] -> [B, N + 1, C]. `symbol` names K in shapes.
 */
export function runActive(
  x: Tensor,
  base: Tensor,
  logits: Tensor,
  run: (rows: Tensor) => Tensor,
  symbol: string,
): Tensor {
  const [batch, tokens, width] = x.shape as [Dim, number, number]
  const rows: Dim = multiplyDims(batch, tokens)
  const always = constant({
    dtype: 'bool',
    shape: [1, tokens],
    data: Uint8Array.from({ length: tokens }, (_, token) => Number(token === 0)),
  })
  const active = reshape(or(greater(logits, 0), always), [rows])
  const places = reshape(nonZero(active, symbol), [symbol, 1])
  const flat = reshape(base, [rows, width])
  const updated = add(gatherRows(flat, places), run(gatherRows(reshape(x, [rows, width]), places)))
  return reshape(scatterRows(flat, places, updated), x.shape)
}
