import { ShapeError } from '../graph/errors.ts'
import { sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'

const stopGradientOp: Operator = {
  name: 'StopGradient',
  infer: ([x]) => [x as Tensor],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    emitter.alias(y as Tensor, emitter.nameOf(x as Tensor))
  },
}

/** x, held fixed: no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {})[0] as Tensor
}

const straightThroughOp: Operator = {
  name: 'StraightThrough',
  infer: ([hard, soft]) => {
    const [value, path] = [hard as Tensor, soft as Tensor]
    if (!sameShape(value.shape, path.shape) || value.dtype !== path.dtype)
      throw new ShapeError(
        `straightThrough: hard ${value.dtype} ${shapeText(value.shape)}, soft ${path.dtype} ${shapeText(path.shape)}. They must agree.`,
      )
    return [value]
  },
  vjp: (_inputs, _y, [dy]) => [null, dy as Tensor],
  emit(emitter, { inputs: [hard], outputs: [y] }) {
    emitter.alias(y as Tensor, emitter.nameOf(hard as Tensor))
  },
}

/** `hard` going forward; the gradient passes to `soft` unchanged (straight-through estimator). */
export function straightThrough(hard: Tensor, soft: Tensor): Tensor {
  return apply(straightThroughOp, [hard, soft], {})[0] as Tensor
}
