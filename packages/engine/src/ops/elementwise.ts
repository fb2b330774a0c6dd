import { present } from '../graph/present.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { broadcastShapes } from '../graph/shape.ts'
import {
  apply,
  type BinaryOperator,
  type Tensor,
  type TensorType,
  type UnaryOperator,
} from '../graph/tensor.ts'

type Binary = (a: Tensor, b: Tensor, y: Tensor, dy: Tensor) => readonly [Tensor, Tensor]
type Unary = (x: Tensor, y: Tensor, dy: Tensor) => Tensor | null

/**
 * Element type and shape of operands broadcast together.
 * @throws DTypeError, ShapeError where they do not fit
 */
export function broadcastType(operator: string, inputs: readonly Tensor[]): TensorType {
  const first = present(inputs[0], 'an operand')
  checkSameType(operator, inputs)
  return {
    dtype: first.dtype,
    shape: broadcastShapes(
      operator,
      inputs.map((x) => x.shape),
    ),
  }
}

function binary(name: string, rule: Binary): (a: Tensor, b: Tensor | number) => Tensor {
  const op: BinaryOperator = {
    name,
    rows: () => 'elements',
    infer: (inputs) => [broadcastType(name, inputs)],
    vjp: ([a, b], [y], [dy]) => rule(a, b, y, dy),
  }
  return (a, b) => apply(op, [a, asTensor(b, a)], {})[0]
}

function unary(name: string, rule: Unary): (x: Tensor) => Tensor {
  const op: UnaryOperator = {
    name,
    rows: () => 'elements',
    infer: ([x]) => [x],
    vjp: ([x], [y], [dy]) => [rule(x, y, dy)],
  }
  return (x) => apply(op, [x], {})[0]
}

/** a + b, broadcast. */
export const add: (a: Tensor, b: Tensor | number) => Tensor = binary('Add', (_a, _b, _y, dy) => [dy, dy])

/** a - b, broadcast. */
export const sub: (a: Tensor, b: Tensor | number) => Tensor = binary('Sub', (_a, _b, _y, dy) => [dy, neg(dy)])

/** a b, broadcast. */
export const mul: (a: Tensor, b: Tensor | number) => Tensor = binary('Mul', (a, b, _y, dy) => [
  mul(dy, b),
  mul(dy, a),
])

/** a / b, broadcast. db = -dy y / b. */
export const div: (a: Tensor, b: Tensor | number) => Tensor = binary('Div', (_a, b, y, dy) => {
  const da = div(dy, b)
  return [da, neg(mul(da, y))]
})

/** -x */
export const neg: (x: Tensor) => Tensor = unary('Neg', (_x, _y, dy) => neg(dy))

/** e^x */
export const exp: (x: Tensor) => Tensor = unary('Exp', (_x, y, dy) => mul(dy, y))

/** ln x */
export const log: (x: Tensor) => Tensor = unary('Log', (x, _y, dy) => div(dy, x))

/** Square root. dx = dy / (2 y). */
export const sqrt: (x: Tensor) => Tensor = unary('Sqrt', (_x, y, dy) => div(mul(dy, 0.5), y))

/** |x|; the gradient at 0 is 0. */
export const abs: (x: Tensor) => Tensor = unary('Abs', (x, _y, dy) => mul(dy, sign(x)))

/** -1, 0 or 1; its gradient is 0. */
export const sign: (x: Tensor) => Tensor = unary('Sign', () => null)

/** Logistic function 1 / (1 + e^-x). dx = dy y (1 - y). */
export const sigmoid: (x: Tensor) => Tensor = unary('Sigmoid', (_x, y, dy) => mul(dy, sub(y, mul(y, y))))

/** Hyperbolic tangent. dx = dy (1 - y^2). */
export const tanh: (x: Tensor) => Tensor = unary('Tanh', (_x, y, dy) => sub(dy, mul(dy, mul(y, y))))

/** Error function. dx = dy 2 / sqrt(pi) e^(-x^2). float32 only on CPU. */
export const erf: (x: Tensor) => Tensor = unary('Erf', (x, _y, dy) =>
  mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
)
