/** How the weights of a group are moved. */
export interface ParameterGroup {
  /** Factor of the learning rate. */
  readonly rateFactor: number
  /** True if weight decay applies. */
  readonly decays: boolean
}

/** The group of a weight. */
export type GroupOf = (name: string, shape: readonly number[]) => ParameterGroup

/** All weights alike, biases too, as in the official code of Dynamic Tuning. */
export const oneGroup: GroupOf = () => ({ rateFactor: 1, decays: true })

/** Weight decay for matrices alone: norms, biases and scales are left out. */
export const decayMatrices: GroupOf = (_name, shape) => ({ rateFactor: 1, decays: shape.length > 1 })

/** A group by the names of its weights; what is left out is as usual. */
export interface NamedGroup extends Partial<ParameterGroup> {
  readonly pattern: RegExp
}

/** The first group whose pattern matches the name; other weights are moved as usual. */
export function groupsByName(groups: readonly NamedGroup[]): GroupOf {
  return (name) => {
    const { rateFactor = 1, decays = true } = groups.find(({ pattern }) => pattern.test(name)) ?? {}
    return { rateFactor, decays }
  }
}

/** Joins groupings: factors are multiplied, and a weight decays if it does in each of them. */
export function allGroups(...groupings: readonly GroupOf[]): GroupOf {
  return (name, shape) => {
    const groups = groupings.map((groupOf) => groupOf(name, shape))
    return {
      rateFactor: groups.reduce((product, { rateFactor }) => product * rateFactor, 1),
      decays: groups.every(({ decays }) => decays),
    }
  }
}
