/** How the weights of a group are updated. */
export interface ParameterGroup {
  /** Factor of the learning rate. */
  readonly rateFactor: number
  /** True if weight decay applies. */
  readonly decays: boolean
}

/** Returns the group of a weight. */
export type GroupOf = (name: string, shape: readonly number[]) => ParameterGroup

/** The same settings for all weights, biases too, as in the official code of Dynamic Tuning. */
export const oneGroup: GroupOf = () => ({ rateFactor: 1, decays: true })

/** Applies weight decay to matrices only, not to norms, biases and scales. */
export const decayMatrices: GroupOf = (_name, shape) => ({ rateFactor: 1, decays: shape.length > 1 })

/** A group of weights selected by name; missing settings keep their defaults. */
export interface NamedGroup extends Partial<ParameterGroup> {
  readonly pattern: RegExp
}

/** The first group whose pattern matches the name; other weights use the defaults. */
export function groupsByName(groups: readonly NamedGroup[]): GroupOf {
  return (name) => {
    const { rateFactor = 1, decays = true } = groups.find(({ pattern }) => pattern.test(name)) ?? {}
    return { rateFactor, decays }
  }
}

/** Combines groupings: factors are multiplied, and a weight decays only if it does in each of them. */
export function allGroups(...groupings: readonly GroupOf[]): GroupOf {
  return (name, shape) => {
    const groups = groupings.map((groupOf) => groupOf(name, shape))
    return {
      rateFactor: groups.reduce((product, { rateFactor }) => product * rateFactor, 1),
      decays: groups.every(({ decays }) => decays),
    }
  }
}
