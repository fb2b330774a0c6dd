import { asTensor } from '../graph/scalar.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { greater, where } from './compare.ts'
import { add, erf, exp, mul } from './elementwise.ts'

const reluOp: UnaryOperator = {
  name: 'Relu',
  rows: () => 'elements',
  infer: ([x]) => [x],
  vjp: (_x, [y], [dy]) => [where(greater(y, 0), dy, asTensor(0, dy))],
}

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], {})[0]
}

const geluOp: UnaryOperator = {
  name: 'Gelu',
  rows: () => 'elements',
  infer: ([x]) => [x],
  vjp: ([x], _y, [dy]) => [mul(dy, geluSlope(x))],
}

/** Phi(x) + x phi(x), with Phi and phi the standard normal's distribution and density. */
function geluSlope(x: Tensor): Tensor {
  const distribution = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5)
  const density = exp(add(mul(mul(x, x), -0.5), -0.5 * Math.log(2 * Math.PI)))
  return add(distribution, mul(x, density))
}

/** Exact GELU, x Phi(x) with the error function (not the tanh form). float32 only on CPU. */
export function gelu(x: Tensor): Tensor {
  return apply(geluOp, [x], {})[0]
}
