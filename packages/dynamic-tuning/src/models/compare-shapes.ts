import type { TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'

/** What a comparison ignores, and how messages name the tensors' origin. */
export interface CompareOptions {
  /** Names ignored on both sides, such as `/^head\./` if class counts differ. */
  readonly ignore?: readonly RegExp[]
  /** Where the tensors came from. */
  readonly source?: string
}

/**
 * Checks that tensors are exactly those of a model, by name and shape.
 * @throws CheckpointError that lists every missing, unexpected and misshaped tensor
 */
export function compareShapes(
  tensors: ReadonlyMap<string, Pick<TensorData, 'shape'>>,
  expected: ReadonlyMap<string, readonly number[]>,
  { ignore = [], source = 'checkpoint' }: CompareOptions = {},
): void {
  const wanted = (name: string): boolean => !ignore.some((pattern) => pattern.test(name))
  const problems: string[] = []
  for (const [name, shape] of expected) {
    const got = tensors.get(name)?.shape
    if (!wanted(name)) continue
    if (got === undefined) problems.push(`missing ${name} [${shape.join(', ')}]`)
    else if (got.join() !== shape.join()) {
      problems.push(`misshaped ${name} [${got.join(', ')}], expected [${shape.join(', ')}]`)
    }
  }
  for (const [name, { shape }] of tensors) {
    if (wanted(name) && !expected.has(name)) problems.push(`unexpected ${name} [${shape.join(', ')}]`)
  }
  if (problems.length === 0) return
  throw new CheckpointError(
    `${source}: ${problems.length} tensors do not fit the model: ${problems.join('; ')}. Choose the model these weights belong to.`,
  )
}
