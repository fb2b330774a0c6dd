import { DTypeError } from './errors.ts'
import type { Tensor } from './tensor.ts'

/** @throws DTypeError where the element types of the tensors differ; undefined ones are ignored */
export function checkSameType(operator: string, tensors: readonly (Tensor | undefined)[]): void {
  const [first, ...others] = tensors.filter((tensor) => tensor !== undefined)
  for (const { dtype } of others)
    if (dtype !== first?.dtype)
      throw new DTypeError(`${operator}: types differ, ${first?.dtype} and ${dtype}. Cast one.`)
}
