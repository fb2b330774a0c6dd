import type { ModelCost } from './model-cost.ts'

/** Parameters as the papers' tables count: what a method adds to the backbone or trains of it, without head and dispatchers. */
export function paperCount({ trainableWithoutHead, trainableParts }: ModelCost['params']): number {
  const gates = Object.entries(trainableParts).filter(([part]) => part.endsWith('_token_select'))
  return gates.reduce((rest, [, size]) => rest - size, trainableWithoutHead)
}
