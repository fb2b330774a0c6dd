import { GraphError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { delayed } from '../ops/delayed.ts'
import { expansionOf } from './expansion.ts'

/**
 * Values of the forward pass that are kept for the backward pass, level by level in the order of the graph.
 * Those of one level do not depend on each other. Values between two levels are recomputed.
 */
export type Checkpoints = readonly (readonly Tensor[])[]

/** The forward pass as the backward pass sees it. */
export interface ForwardValues {
  /** All nodes, inputs before users; the backward pass goes from the last to the first. */
  readonly order: readonly Node[]
  /** Inputs and outputs with the values of those of `node`, recomputed or kept. */
  again(node: Node): Pick<Node, 'inputs' | 'outputs'>
}

/** A forward pass of which every value is kept. */
export function kept(order: readonly Node[]): ForwardValues {
  return { order, again: (node) => node }
}

/**
 * A forward pass with recomputation (Chen et al., arXiv:1604.06174): values between two checkpoints are
 * computed again from the first, once the gradient of the second is known. Values before the first checkpoint
 * and after the last are kept. `gradientOf` gives the gradients known so far.
 * @throws GraphError for a checkpoint that is not in `order`
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
  /** Section of each node: the number of levels before it. */
  private readonly sections = new Map<Node, number>()
  /** Recomputed tensors by the originals. */
  private readonly copies = new Map<Tensor, Tensor>()

  constructor(
    order: readonly Node[],
    private readonly checkpoints: Checkpoints,
    private readonly gradientOf: (tensor: Tensor) => Tensor | undefined,
  ) {
    for (const [level, tensors] of checkpoints.entries())
      for (const tensor of tensors) this.levels.set(tensor, level)
    for (const node of order) this.sections.set(node, this.sectionAfter(expansionOf(node) ?? node.inputs))
    for (const { node } of this.levels.keys())
      if (!this.sections.has(node))
        throw new GraphError('gradients: the loss does not depend on a checkpoint. Leave it out.')
    // Section by section: a section is recomputed only when the gradients behind it are known.
    this.order = [...order].sort((a, b) => this.sectionOf(a) - this.sectionOf(b))
  }

  again(node: Node): Pick<Node, 'inputs' | 'outputs'> {
    const section = this.sectionOf(node)
    if (!this.isRecomputed(section)) return node
    return {
      inputs: node.inputs.map((tensor) => this.entering(tensor, section)),
      outputs: node.outputs.map((tensor) => this.copyOf(tensor)),
    }
  }

  private sectionOf(node: Node): number {
    return present(this.sections.get(node), `the section of ${node.op.name}`)
  }

  private sectionAfter(sources: readonly Tensor[]): number {
    const behind = sources.map((tensor) => {
      const level = this.levels.get(tensor)
      return level === undefined ? this.sectionOf(tensor.node) : level + 1
    })
    return Math.max(0, ...behind)
  }

  private isRecomputed(section: number): boolean {
    return section > 0 && section < this.checkpoints.length
  }

  /** The tensor that a recomputed node of `section` reads instead of `tensor`. */
  private entering(tensor: Tensor, section: number): Tensor {
    const level = this.levels.get(tensor)
    if (level === section - 1) return this.delayed(tensor, level)
    return level === undefined && this.sections.get(tensor.node) === section ? this.copyOf(tensor) : tensor
  }

  private copyOf(tensor: Tensor): Tensor {
    if (this.levels.has(tensor)) return tensor
    const known = this.copies.get(tensor)
    if (known) return known
    const { node } = tensor
    const section = this.sectionOf(node)
    const simpler = expansionOf(node)
    if (simpler) {
      const copy = this.entering(present(simpler[tensor.index], 'an output of an expansion'), section)
      this.copies.set(tensor, copy)
      return copy
    }
    const outputs: Tensor[] = []
    const inputs = node.inputs.map((input) => this.entering(input, section))
    const again: Node = { ...node, inputs, outputs }
    for (const output of node.outputs) {
      const copy = { ...output, node: again }
      outputs.push(copy)
      this.copies.set(output, copy)
    }
    return present(outputs[tensor.index], 'a recomputed output')
  }

  /**
   * A checkpoint that is read only after the gradient of the next one is computed: same place, or any other.
   */
  private delayed(tensor: Tensor, level: number): Tensor {
    const known = this.copies.get(tensor)
    if (known) return known
    const place = this.checkpoints[level]?.indexOf(tensor) ?? 0
    const behind = this.checkpoints[level + 1] ?? []
    const gradient = [behind[place], ...behind]
      .flatMap((next) => (next === undefined ? [] : [this.gradientOf(next)]))
      .find((found) => found !== undefined)
    const copy = gradient === undefined ? tensor : delayed(tensor, gradient)
    this.copies.set(tensor, copy)
    return copy
  }
}
