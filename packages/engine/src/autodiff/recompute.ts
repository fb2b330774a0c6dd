import { GraphError } from '../graph/errors.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { delayed } from '../ops/delayed.ts'
import { expansionOf } from './expansion.ts'

/**
 * Values that the backward pass finds where the forward pass left them, level by level in the order of the graph; those of
 * one level do not depend on each other. Whatever lies between two levels is computed again.
 */
export type Checkpoints = readonly (readonly Tensor[])[]

/** What the backward pass reads of the forward pass. */
export interface ForwardValues {
  /** All nodes, inputs before users: the reverse walk goes from the last to the first. */
  readonly order: readonly Node[]
  /** A node whose inputs and outputs have the values of `node`'s. */
  again(node: Node): Pick<Node, 'inputs' | 'outputs'>
}

/** Every value of the forward pass is kept. */
export function kept(order: readonly Node[]): ForwardValues {
  return { order, again: (node) => node }
}

/**
 * Values between checkpoints are computed again, from the checkpoint before them, once the gradient of the one behind
 * them is there (Chen et al., arXiv:1604.06174). What comes before the first checkpoint and after the last is kept.
 * `gradientOf` gives the gradients found so far. @throws GraphError for a checkpoint that `order` has not
 */
export function recomputed(
  order: readonly Node[],
  checkpoints: Checkpoints,
  gradientOf: (tensor: Tensor) => Tensor | undefined,
): ForwardValues {
  return new Recomputed(order, checkpoints, gradientOf)
}

class Recomputed implements ForwardValues {
  readonly order: readonly Node[]
  /** Level of each checkpoint. */
  private readonly levels = new Map<Tensor, number>()
  /** Of each node the number of levels before it. */
  private readonly sections = new Map<Node, number>()
  private readonly twins = new Map<Tensor, Tensor>()

  constructor(
    order: readonly Node[],
    private readonly checkpoints: Checkpoints,
    private readonly gradientOf: (tensor: Tensor) => Tensor | undefined,
  ) {
    for (const [level, tensors] of checkpoints.entries())
      for (const tensor of tensors) this.levels.set(tensor, level)
    for (const node of order) this.sections.set(node, this.sectionBehind(expansionOf(node) ?? node.inputs))
    for (const { node } of this.levels.keys())
      if (!this.sections.has(node))
        throw new GraphError('gradients: the loss does not depend on a checkpoint. Leave it out.')
    // Section by section, so that a section's values are wanted only after the gradients behind it are known.
    this.order = [...order].sort((a, b) => this.sectionOf(a) - this.sectionOf(b))
  }

  again(node: Node): Pick<Node, 'inputs' | 'outputs'> {
    const section = this.sectionOf(node)
    if (!this.isRecomputed(section)) return node
    return {
      inputs: node.inputs.map((tensor) => this.entering(tensor, section)),
      outputs: node.outputs.map((tensor) => this.twinOf(tensor)),
    }
  }

  private sectionOf(node: Node): number {
    return this.sections.get(node) as number
  }

  private sectionBehind(sources: readonly Tensor[]): number {
    const behind = sources.map((tensor) => {
      const level = this.levels.get(tensor)
      return level === undefined ? this.sectionOf(tensor.node) : level + 1
    })
    return Math.max(0, ...behind)
  }

  private isRecomputed(section: number): boolean {
    return section > 0 && section < this.checkpoints.length
  }

  /** A value as a node of a section reads it. */
  private entering(tensor: Tensor, section: number): Tensor {
    const level = this.levels.get(tensor)
    if (level === section - 1) return this.delayed(tensor, level)
    return level === undefined && this.sectionOf(tensor.node) === section ? this.twinOf(tensor) : tensor
  }

  private twinOf(tensor: Tensor): Tensor {
    if (this.levels.has(tensor)) return tensor
    const known = this.twins.get(tensor)
    if (known) return known
    const { node } = tensor
    const section = this.sectionOf(node)
    const simpler = expansionOf(node)
    if (simpler) {
      const twin = this.entering(simpler[tensor.index] as Tensor, section)
      this.twins.set(tensor, twin)
      return twin
    }
    const outputs: Tensor[] = []
    const inputs = node.inputs.map((input) => this.entering(input, section))
    const copy: Node = { ...node, inputs, outputs }
    for (const output of node.outputs) {
      const twin = { ...output, node: copy }
      outputs.push(twin)
      this.twins.set(output, twin)
    }
    return outputs[tensor.index] as Tensor
  }

  /** A checkpoint that waits for the gradient of the one after it in its own chain, or of another there. */
  private delayed(tensor: Tensor, level: number): Tensor {
    const known = this.twins.get(tensor)
    if (known) return known
    const place = this.checkpoints[level]?.indexOf(tensor) ?? 0
    const behind = this.checkpoints[level + 1] ?? []
    const gradient = [behind[place], ...behind]
      .flatMap((next) => (next === undefined ? [] : [this.gradientOf(next)]))
      .find((found) => found !== undefined)
    const twin = gradient === undefined ? tensor : delayed(tensor, gradient)
    this.twins.set(tensor, twin)
    return twin
  }
}
