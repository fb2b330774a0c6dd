import type { Shape } from '../graph/shape.ts'
import { apply, type Node, type Tensor } from '../graph/tensor.ts'
import { reshape } from '../ops/shape.ts'
import { narrowShape, type RowRange, rowForm } from './row-range.ts'

/** What a node needs of an input: `all` of it, some rows, or nothing. */
export type Need = 'all' | RowRange | undefined

/** What `node` needs of each input to compute `rows` of its outputs; undefined where it cannot do so. */
export function needsFor(node: Node, rows: RowRange): readonly Need[] | undefined {
  const { op, inputs, outputs, attributes } = node
  const { shape } = outputs[0] as Tensor
  const form = rowForm(shape, rows)
  if (form === undefined) return undefined
  if (op.name === 'Reshape')
    return inputs.every((input) => rowForm(input.shape, rows)) ? inputs.map(() => rows) : undefined
  if (op.name === 'Concat') return needsOfConcat(node, rows)
  const rule = op.rows?.(inputs, attributes) ?? []
  if (rule === 'elements') {
    const needs = inputs.map((input) => needByElement(input.shape, shape, rows))
    return needs.includes(undefined) ? undefined : needs
  }
  const rowAxes = form === 'axis' ? 2 : 1
  const given = shape.length > rowAxes ? rule : []
  if (given.length === 0 || given.some((i) => rowForm((inputs[i] as Tensor).shape, rows) !== form))
    return undefined
  return inputs.map((_, i) => (given.includes(i) ? rows : 'all'))
}

/** An operand of a broadcast: its rows, all of it where it has none, or undefined where its rows are not those. */
function needByElement(shape: Shape, output: Shape, rows: RowRange): Need {
  const form = rowForm(output, rows)
  if (shape.length === output.length && rowForm(shape, rows) === form) return rows
  const rowAxis = (form === 'axis' ? 1 : 0) - output.length + shape.length
  return rowAxis < 0 || shape[rowAxis] === 1 ? 'all' : undefined
}

/** Tokens joined along the second axis: the one part that holds the range, if one does. */
function needsOfConcat({ inputs, outputs, attributes }: Node, rows: RowRange): readonly Need[] | undefined {
  const { axis } = attributes as { readonly axis: number }
  const { shape } = outputs[0] as Tensor
  if (rowForm(shape, rows) !== 'axis') return undefined
  if (axis >= 2) return inputs.map(() => rows)
  let first = 0
  for (const [i, input] of inputs.entries()) {
    const count = Number(input.shape[1])
    const [start, end] = [rows.start - first, rows.end - first]
    if (axis === 1 && start >= 0 && end <= count) {
      const whole = end - start === count
      return inputs.map((_, other) =>
        other === i ? (whole ? 'all' : { ...rows, count, start, end }) : undefined,
      )
    }
    first += count
  }
  return undefined
}

/** The outputs of `node` for `rows` alone, from what `needsFor` asked for. */
export function computeRows(
  node: Node,
  rows: RowRange,
  inputs: readonly (Tensor | undefined)[],
): readonly Tensor[] {
  const { op, attributes, outputs } = node
  const given = inputs.filter((input) => input !== undefined)
  if (op.name === 'Reshape') {
    const [x, like] = given as [Tensor, Tensor | undefined]
    return [reshape(x, narrowShape((outputs[0] as Tensor).shape, rows), like)]
  }
  if (op.name === 'Concat' && (attributes as { readonly axis: number }).axis === 1) return given
  return apply(op, given, attributes)
}
