import { present } from '../graph/present.ts'
import type { Shape } from '../graph/shape.ts'
import { apply, firstOutput, isNodeOf, type Node, type Tensor } from '../graph/tensor.ts'
import { reshape, reshapeOp } from '../ops/shape.ts'
import { concatOp } from '../ops/slice.ts'
import { narrowShape, type RowRange, rowForm } from './row-range.ts'

/** What a node needs of an input: all of it, some rows, or nothing (undefined). */
export type Need = 'all' | RowRange | undefined

/**
 * What `node` needs of each input to compute `rows` of its outputs; undefined if it can only compute all of
 * them.
 */
export function needsFor(node: Node, rows: RowRange): readonly Need[] | undefined {
  const { op, inputs, attributes } = node
  const { shape } = firstOutput(node)
  const form = rowForm(shape, rows)
  if (form === undefined) return undefined
  if (isNodeOf(node, reshapeOp))
    return inputs.every((input) => rowForm(input.shape, rows)) ? inputs.map(() => rows) : undefined
  if (isNodeOf(node, concatOp)) return needsOfConcat(node, node.attributes.axis, rows)
  const rule = op.rows?.(inputs, attributes) ?? []
  if (rule === 'elements') {
    const needs = inputs.map((input) => needByElement(input.shape, shape, rows))
    return needs.includes(undefined) ? undefined : needs
  }
  const rowAxes = form === 'axis' ? 2 : 1
  const given = shape.length > rowAxes ? rule : []
  if (given.length === 0 || given.some((i) => rowForm(inputs[i]?.shape ?? [], rows) !== form))
    return undefined
  return inputs.map((_, i) => (given.includes(i) ? rows : 'all'))
}

/**
 * What is needed of an operand of a broadcast: its rows; all of it if it has none; undefined if they do not
 * match.
 */
function needByElement(shape: Shape, output: Shape, rows: RowRange): Need {
  const form = rowForm(output, rows)
  if (shape.length === output.length && rowForm(shape, rows) === form) return rows
  const rowAxis = (form === 'axis' ? 1 : 0) - output.length + shape.length
  return rowAxis < 0 || shape[rowAxis] === 1 ? 'all' : undefined
}

/** For tokens joined along the second axis: the input that holds the whole range, if one does. */
function needsOfConcat(node: Node, axis: number, rows: RowRange): readonly Need[] | undefined {
  const { inputs } = node
  if (rowForm(firstOutput(node).shape, rows) !== 'axis') return undefined
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

/** `rows` of the outputs of `node`, computed from what `needsFor` asked for. */
export function computeRows(
  node: Node,
  rows: RowRange,
  inputs: readonly (Tensor | undefined)[],
): readonly Tensor[] {
  const given = inputs.filter((input) => input !== undefined)
  if (isNodeOf(node, reshapeOp)) {
    const [x, like] = given
    return [reshape(present(x, 'the input of a reshape'), narrowShape(firstOutput(node).shape, rows), like)]
  }
  if (isNodeOf(node, concatOp) && node.attributes.axis === 1) return given
  return apply(node.op, given, node.attributes)
}
