import { checkAxis } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface CumSumAttributes {
  readonly axis: number
  readonly exclusive: boolean
}

const cumSumOp: Operator<CumSumAttributes> = {
  name: 'CumSum',
  infer: ([x]) => [x as Tensor],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis, exclusive } }) {
    const names = [emitter.nameOf(x as Tensor), int64List(emitter, [axis])]
    emitter.node('CumSum', names, { exclusive: Number(exclusive) }, [emitter.nameOf(y as Tensor)])
  },
}

/** Running sum along `axis`; `exclusive` leaves each element's own value out. Carries no gradient. */
export function cumSum(x: Tensor, axis: number, { exclusive = false } = {}): Tensor {
  return apply(cumSumOp, [x], { axis: checkAxis('cumSum', axis, x.shape.length), exclusive })[0] as Tensor
}
