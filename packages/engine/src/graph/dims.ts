import { ShapeError } from './errors.ts'
import { type Dim, type Shape, shapeText } from './shape.ts'

/** Names of axes whose size may be a symbol: batch, images, kept tokens, rows and the like. */
export type OpenAxis = 'B' | 'I' | 'K' | 'M' | 'R'

/** Type of one axis; `D` is the type of one that may be open. */
export type AxisSize<Name extends string, D extends Dim> = Name extends OpenAxis | '_' ? D : number

/** Type of an open axis: a number where all sizes of the shape are known. */
export type OpenSize<S extends Shape> = [S] extends [readonly number[]] ? number : Dim

/** Sizes that `dims` returns for the axes `A`: `[Dim, number, number]` for a tensor and `'B N C'`. */
export type Sizes<A extends string, D extends Dim = Dim> = string extends A
  ? D[]
  : A extends `... ${infer Rest}`
    ? Sizes<Rest, D>
    : A extends `${infer Name} ${infer Rest}`
      ? [AxisSize<Name, D>, ...Sizes<Rest, D>]
      : A extends '' | '...'
        ? []
        : [AxisSize<A, D>]

const openNames: ReadonlySet<string> = new Set<OpenAxis>(['B', 'I', 'K', 'M', 'R'])

/**
 * Checks the axes of a tensor and returns their sizes: `const [B, N, C] = dims(x, 'B N C')`. Names are
 * separated by spaces:
 * - `B`, `I`, `K`, `M`, `R` may have a symbol as their size; any other name needs a known number.
 * - A number must be the size of its axis.
 * - `_` accepts any size.
 * - A name that occurs twice stands for one size.
 * - A leading `...` stands for any number of axes, which are not returned.
 *
 * `unit` is named in the error.
 * @throws ShapeError where the shape does not fit
 */
export function dims<const A extends string, S extends Shape>(
  x: { readonly shape: S },
  axes: A,
  unit?: string,
): Sizes<A, OpenSize<S>>
export function dims({ shape }: { readonly shape: Shape }, axes: string, unit = 'dims'): unknown {
  const names = axes.split(' ').filter((name) => name !== '')
  const anyFront = names[0] === '...'
  if (anyFront) names.shift()
  const refuse = (wanted: string): never => {
    throw new ShapeError(`${unit}: the axes do not fit '${axes}', got ${shapeText(shape)}. ${wanted}`)
  }
  const front = shape.length - names.length
  if (front < 0 || (front > 0 && !anyFront))
    refuse(`Give a tensor of rank ${names.length}${anyFront ? ' or more' : ''}.`)
  const sizes = shape.slice(front)
  const known = new Map<string, Dim>()
  for (const [i, size] of sizes.entries()) {
    const problem = misfit(names[i] ?? '_', size, known)
    if (problem !== undefined) refuse(`Axis ${front + i} ${problem}.`)
  }
  return sizes
}

/** What is wrong with the size of an axis, if anything. `known` collects the sizes of the names before it. */
function misfit(name: string, size: Dim, known: Map<string, Dim>): string | undefined {
  if (name === '_') return undefined
  if (/^\d+$/.test(name)) return size === Number(name) ? undefined : `must be ${name}, not ${size}`
  if (typeof size !== 'number' && !openNames.has(name)) return `(${name}) must be a known number, not ${size}`
  const before = known.get(name) ?? size
  known.set(name, before)
  return before === size ? undefined : `(${name}) must be ${before} as before, not ${size}`
}
