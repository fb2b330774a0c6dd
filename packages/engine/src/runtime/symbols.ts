import { present } from '../graph/present.ts'
import { type Dim, divideDims, evaluateDim, symbolsOf } from '../graph/shape.ts'

/** Values of the symbols of one run. */
export type Symbols = Record<string, number>

/** True if all symbols of a size have values. */
export function isBound(dim: Dim, symbols: Symbols): boolean {
  return symbolsOf(dim).every((symbol) => symbol in symbols)
}

/**
 * True if `dim` can be `size`. A single symbol without a value is computed and added to `symbols`; with
 * several of them any size fits.
 */
export function bindDim(dim: Dim, size: number | undefined, symbols: Symbols): boolean {
  if (size === undefined) return false
  const open = symbolsOf(dim).filter((symbol) => !(symbol in symbols))
  const [symbol] = open
  if (symbol === undefined) return evaluateDim(dim, symbols) === size
  if (open.length > 1) return true
  const others = evaluateDim(present(divideDims(dim, symbol), `the rest of ${dim}`), symbols)
  if (others === 0) return size === 0
  if (size % others !== 0) return false
  symbols[symbol] = size / others
  return true
}
