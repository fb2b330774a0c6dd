import {
  add,
  compile,
  dims,
  div,
  gemm,
  input,
  mul,
  type Program,
  reduceSum,
  sqrt,
  type Tensor,
} from '@dynamic-tuning/engine'

/**
 * Coefficients of the quintic that brings singular values in (0, 1] close to 1 in five
 * rounds (Jordan et al., 2024).
 */
const [a, b, c] = [3.4445, -4.775, 2.0315]
const rounds = 5

/**
 * Approximates the orthogonal factor U V^T of g = U S V^T: X = g / |g|, then five times
 * X = a X + (b A + c A A) X with A = X X^T. Singular values of the result lie between about
 * 0.7 and 1.2. g: [M, N] -> [M, N].
 */
export function orthogonalized(g: Tensor): Tensor {
  const [rows, columns] = dims(g, 'H N', 'muon')
  const tall = rows > columns
  const norm = sqrt(reduceSum(mul(g, g), { axes: [0, 1], keepDims: true }))
  let x = div(g, add(norm, 1e-7))
  for (let round = 0; round < rounds; round++) {
    const gram = tall ? gemm(x, x, { transA: true }) : gemm(x, x, { transB: true })
    const factor = add(mul(gram, b), mul(gemm(gram, gram), c))
    x = add(mul(x, a), tall ? gemm(x, factor) : gemm(factor, x))
  }
  return x
}

/**
 * A program that orthogonalises all matrices of these shapes in one run; input
 * `name` gives output `out.name`.
 */
export function compileNewtonSchulz(
  shapes: ReadonlyMap<string, readonly number[]>,
  threads: number,
): Promise<Program> {
  const outputs: Record<string, Tensor> = {}
  for (const [name, shape] of shapes) outputs[`out.${name}`] = orthogonalized(input(name, shape))
  return compile(outputs, { threads })
}
