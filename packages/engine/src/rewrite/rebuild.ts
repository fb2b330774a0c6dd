import { present } from '../graph/present.ts'
import { apply, type Node, type Tensor } from '../graph/tensor.ts'

/** Outputs of a graph by name. */
export type Outputs = Readonly<Record<string, Tensor>>

/** Tensors of a new graph by the tensors of the old graph that they replace. */
export class Replacements {
  private readonly tensors = new Map<Tensor, Tensor>()

  /** Sets what replaces the outputs of `node`. */
  set(node: Node, outputs: readonly Tensor[]): void {
    for (const [i, output] of node.outputs.entries())
      this.tensors.set(output, present(outputs[i], `output ${i} of ${node.op.name}`))
  }

  find(tensor: Tensor): Tensor | undefined {
    return this.tensors.get(tensor)
  }

  /** @throws GraphError where nothing replaces `tensor` yet */
  get(tensor: Tensor): Tensor {
    return present(this.find(tensor), `a new tensor for ${tensor.node.op.name}`)
  }
}

/** The outputs of `node` computed from `inputs`: its own outputs if the inputs are its own. */
export function outputsFrom(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const same = inputs.every((input, i) => input === node.inputs[i])
  return same ? node.outputs : apply(node.op, inputs, node.attributes)
}

/** The same names with other tensors. */
export function mapOutputs<T extends Outputs>(outputs: T, replace: (tensor: Tensor) => Tensor): T {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, replace(tensor)])) as T
}
