import { ShapeError } from './errors.ts'

/**
 * One size of a tensor: a number, or a product of symbols such as `B` or `197*B` that is known only at run
 * time. Symbolic sizes have one canonical form (coefficient first, symbols sorted), so equal sizes are equal
 * strings.
 */
export type Dim = number | string
/** Sizes of all axes of a tensor. */
export type Shape = readonly Dim[]

function factors(dim: Dim): { coefficient: number; symbols: string[] } {
  if (typeof dim === 'number') return { coefficient: dim, symbols: [] }
  const parts = dim.split('*')
  const head = Number(parts[0])
  return Number.isNaN(head)
    ? { coefficient: 1, symbols: parts }
    : { coefficient: head, symbols: parts.slice(1) }
}

function spell(coefficient: number, symbols: string[]): Dim {
  if (coefficient === 0 || symbols.length === 0) return coefficient
  return [...(coefficient === 1 ? [] : [String(coefficient)]), ...symbols.sort()].join('*')
}

/** Symbols of which a size is the product; a squared symbol occurs twice. */
export function symbolsOf(dim: Dim): readonly string[] {
  return factors(dim).symbols
}

/** Product of sizes. */
export function multiplyDims(...dims: Dim[]): Dim {
  let coefficient = 1
  const symbols: string[] = []
  for (const dim of dims) {
    const part = factors(dim)
    coefficient *= part.coefficient
    symbols.push(...part.symbols)
  }
  return spell(coefficient, symbols)
}

/** `a / b` if it divides exactly, else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const top = factors(a)
  const bottom = factors(b)
  if (bottom.coefficient === 0 || top.coefficient % bottom.coefficient !== 0) return undefined
  const symbols = [...top.symbols]
  for (const symbol of bottom.symbols) {
    const at = symbols.indexOf(symbol)
    if (at < 0) return undefined
    symbols.splice(at, 1)
  }
  return spell(top.coefficient / bottom.coefficient, symbols)
}

/** The value of a size. @throws ShapeError for a symbol without a value */
export function evaluateDim(dim: Dim, symbols: Readonly<Record<string, number>>): number {
  const parts = factors(dim)
  return parts.symbols.reduce((product, symbol) => {
    const value = symbols[symbol]
    if (value === undefined) throw new ShapeError(`size ${dim}: symbol ${symbol} has no value. Give one.`)
    return product * value
  }, parts.coefficient)
}

/** Number of elements of a shape whose symbols are known. */
export function evaluateSize(shape: Shape, symbols: Readonly<Record<string, number>> = {}): number {
  return shape.reduce<number>((product, dim) => product * evaluateDim(dim, symbols), 1)
}

/** True if all sizes are known numbers. */
export function isFixed(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number')
}

/** True if the shapes have equal sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/** Text of a shape for messages: `[B, 197, 768]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** The shape of operands broadcast by NumPy's rule. @throws ShapeError where sizes differ and neither is 1 */
export function broadcastShapes(operator: string, shapes: readonly Shape[]): Dim[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1
      if (dim === 1 || dim === result) continue
      if (result !== 1)
        throw new ShapeError(
          `${operator}: shapes do not broadcast, ${shapes.map(shapeText).join(' and ')}. Sizes must be equal or 1.`,
        )
      result = dim
    }
    return result
  })
}

/** `axis` counted from the front. @throws ShapeError outside -rank..rank-1 */
export function checkAxis(operator: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(`${operator}: axis ${axis} outside rank ${rank}. Use ${-rank} to ${rank - 1}.`)
  return axis < 0 ? axis + rank : axis
}
