import { mul, sigmoid, type Tensor } from '@dynamic-tuning/engine'

/** x sigmoid(1.702 x), the sigmoid form of GELU (arXiv:1606.08415). */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)))
}
