import { checkAxis } from '../graph/shape.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface CumSumAttributes {
  readonly axis: number
  readonly exclusive: boolean
}

const cumSumOp: UnaryOperator<CumSumAttributes> = {
  name: 'CumSum',
  infer: ([x]) => [x],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, exclusive } }) {
    const names = [emitter.nameOf(x), int64List(emitter, [axis])]
    emitter.node('CumSum', names, { exclusive: Number(exclusive) }, [emitter.nameOf(y)])
  },
}

/** Cumulative sum along `axis`; `exclusive` leaves out the element itself. Carries no gradient. */
export function cumSum(x: Tensor, axis: number, { exclusive = false } = {}): Tensor {
  return apply(cumSumOp, [x], { axis: checkAxis('cumSum', axis, x.shape.length), exclusive })[0]
}
