import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

/** x; that the sizes of `other` are asked for, and none of them used, makes the runtime wait for it. */
const delayedOp: Operator = {
  name: 'Delayed',
  infer: ([x]) => [x as Tensor],
  vjp: (_inputs, _y, [dy]) => [dy as Tensor, null],
  emit(emitter, { inputs: [x, other], outputs: [y] }) {
    const sizes = emitter.node('Shape', [emitter.nameOf(x as Tensor)])
    const others = emitter.node('Shape', [emitter.nameOf(other as Tensor)])
    const none = emitter.node('Slice', [others, int64List(emitter, [0]), int64List(emitter, [0])])
    const target = emitter.node('Concat', [sizes, none], { axis: 0 })
    emitter.node('Reshape', [emitter.nameOf(x as Tensor), target], {}, [emitter.nameOf(y as Tensor)])
  },
}

/** The values of x, handed on no sooner than `other` is there, and so no longer the same thing to the runtime. */
export function delayed(x: Tensor, other: Tensor): Tensor {
  return apply(delayedOp, [x, other], {})[0] as Tensor
}
