import { apply, type BinaryOperator, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

/** x. The node reads the sizes of `other` and uses none of them: so the runtime computes `other` first. */
const delayedOp: BinaryOperator = {
  name: 'Delayed',
  infer: ([x]) => [x],
  vjp: (_inputs, _y, [dy]) => [dy, null],
  emit(emitter, { inputs: [x, other], outputs: [y] }) {
    const sizes = emitter.node('Shape', [emitter.nameOf(x)])
    const others = emitter.node('Shape', [emitter.nameOf(other)])
    const none = emitter.node('Slice', [others, int64List(emitter, [0]), int64List(emitter, [0])])
    const target = emitter.node('Concat', [sizes, none], { axis: 0 })
    emitter.node('Reshape', [emitter.nameOf(x), target], {}, [emitter.nameOf(y)])
  },
}

/**
 * The values of x, available only after `other` was computed. To the runtime it is a different tensor than x.
 */
export function delayed(x: Tensor, other: Tensor): Tensor {
  return apply(delayedOp, [x, other], {})[0]
}
