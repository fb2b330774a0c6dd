import { newWeights } from './families.ts'
import type { Model } from './model.ts'

/**
 * Patterns of the weights of a model that every method trains, because no checkpoint has them: those of the
 * head, and new ones of the backbone. Tables do not count them as the method's.
 */
export function ownWeights({ config, head }: Pick<Model, 'config' | 'head'>): readonly RegExp[] {
  return [...head.own, ...newWeights(config)]
}

/** True for a weight that every method trains. */
export function isOwn(model: Pick<Model, 'config' | 'head'>, name: string): boolean {
  return ownWeights(model).some((pattern) => pattern.test(name))
}
