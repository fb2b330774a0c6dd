import type { ModelCost } from './model-cost.ts'

/**
 * Parameters as counted in the papers' tables: what a method adds or trains, without head and dispatchers.
 */
export function paperCount({ trainableWithoutHead, trainableParts }: ModelCost['params']): number {
  const gates = Object.entries(trainableParts).filter(([part]) => part.endsWith('_token_select'))
  return gates.reduce((rest, [, size]) => rest - size, trainableWithoutHead)
}
