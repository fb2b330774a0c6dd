import { type Dim, divideDims, evaluateDim, symbolsOf } from '../graph/shape.ts'

/** Values of the symbols of one run. */
export type Symbols = Record<string, number>

/** Whether all symbols of a size have values. */
export function isBound(dim: Dim, symbols: Symbols): boolean {
  return symbolsOf(dim).every((symbol) => symbol in symbols)
}

/**
 * Whether `dim` can be `size`. One symbol without a value is solved for and kept; where several are open nothing can be
 * said, and anything fits.
 */
export function bindDim(dim: Dim, size: number | undefined, symbols: Symbols): boolean {
  if (size === undefined) return false
  const open = symbolsOf(dim).filter((symbol) => !(symbol in symbols))
  if (open.length === 0) return evaluateDim(dim, symbols) === size
  if (open.length > 1) return true
  const [symbol] = open as [string]
  const others = evaluateDim(divideDims(dim, symbol) as Dim, symbols)
  if (others === 0) return size === 0
  if (size % others !== 0) return false
  symbols[symbol] = size / others
  return true
}
