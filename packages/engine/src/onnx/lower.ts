import { expansionOf } from '../autodiff/expansion.ts'
import { sizeOf, type TensorData, toBytes } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { isOnDemand } from '../graph/on-demand.ts'
import { present } from '../graph/present.ts'
import {
  type Emitter,
  firstOutput,
  inputName,
  type Node,
  type OnnxAttribute,
  type Tensor,
} from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { foldBatchNorm } from '../rewrite/fold-batch-norm.ts'
import type { OnnxModel, OnnxNode, OnnxValue } from './model.ts'

/** How a graph becomes an ONNX model. */
export interface LowerOptions {
  /** Use the fused operators of ONNX Runtime. Default false: standard ONNX only. */
  readonly fused?: boolean
  /** Texts by key, stored in the model file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * The ONNX model that computes `outputs`, batch norms folded into convolutions where that is possible.
 * @throws GraphError where two inputs have the same name, or an output has the name of an input
 */
export function lower(graph: Readonly<Record<string, Tensor>>, options: LowerOptions = {}): OnnxModel {
  const outputs = foldBatchNorm(graph)
  const fused = options.fused ?? false
  const expansion = (node: Node): readonly Tensor[] | undefined => (fused ? undefined : expansionOf(node))
  const sources = (node: Node): readonly Tensor[] => expansion(node) ?? node.inputs
  const order = topologicalOrder(Object.values(outputs), sources)
  const inputs = inputsOf(order)
  for (const name of Object.keys(outputs))
    if (inputs.has(name)) throw new GraphError(`compile: output ${name} is called like an input. Rename one.`)
  const used = new Set([...order.flatMap(sources), ...Object.values(outputs)])
  const lowering = new Lowering(fused, used, new Set([...inputs.keys(), ...Object.keys(outputs)]))
  for (const node of order) {
    const first = firstOutput(node)
    const name = inputName(first)
    const parts = expansion(node)
    if (name !== undefined) lowering.alias(first, name)
    else if (parts)
      for (const [i, part] of parts.entries())
        lowering.alias(present(node.outputs[i], 'an output'), lowering.nameOf(part))
    else lowering.emit(node)
  }
  const values = Object.entries(outputs).map(([name, tensor]) => lowering.output(name, tensor))
  return {
    ...lowering.needed(outputs),
    inputs: [...inputs.values()],
    outputs: values,
    metadata: options.metadata ?? {},
  }
}

function inputsOf(order: readonly Node[]): Map<string, OnnxValue> {
  const inputs = new Map<string, OnnxValue>()
  for (const node of order) {
    const tensor = firstOutput(node)
    const name = inputName(tensor)
    if (name === undefined) continue
    if (inputs.has(name)) throw new GraphError(`compile: two inputs are called ${name}. Rename one.`)
    inputs.set(name, { name, dtype: tensor.dtype, shape: tensor.shape })
  }
  return inputs
}

class Lowering implements Emitter {
  private readonly nodes: OnnxNode[] = []
  private readonly initializers = new Map<string, TensorData>()
  private readonly names = new Map<Tensor, string>()
  private readonly bySmallValue = new Map<string, string>()
  private readonly byValues = new Map<object, Map<string, string>>()
  private place = ''

  constructor(
    readonly fused: boolean,
    private readonly used: ReadonlySet<Tensor>,
    private readonly taken: Set<string>,
  ) {}

  /** Adds a node and all that its operator writes for it. */
  emit(node: Node): void {
    this.place = node.origin === undefined ? '' : `${node.origin}/`
    if (node.op.emit) node.op.emit(this, node)
    else
      this.node(
        node.op.name,
        node.inputs.map((tensor) => this.nameOf(tensor)),
        { ...node.attributes } as Record<string, OnnxAttribute>,
        node.outputs.map((tensor) => this.nameOf(tensor)),
      )
  }

  isUsed(tensor: Tensor): boolean {
    return this.used.has(tensor)
  }

  nameOf(tensor: Tensor): string {
    const known = this.names.get(tensor)
    if (known !== undefined) return known
    const name = this.fresh(`t${this.names.size}`)
    this.names.set(tensor, name)
    return name
  }

  alias(tensor: Tensor, name: string): void {
    this.names.set(tensor, name)
  }

  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputs: readonly string[] = [this.fresh(`n${this.nodes.length}`)],
    domain = '',
  ): string {
    const name = `${this.place}${opType}_${this.nodes.length}`
    this.nodes.push({ opType, domain, name, inputs, outputs, attributes })
    return present(outputs[0], `an output of ${opType}`)
  }

  constant(data: TensorData, name?: string): string {
    const type = `${data.dtype}[${data.shape}]`
    const small = name === undefined && sizeOf(data.shape) <= 16
    const values: object = isOnDemand(data) ? data : data.data
    const shared = small ? this.bySmallValue : (this.byValues.get(values) ?? new Map<string, string>())
    const key = small ? `${type}${Array.from(toBytes(data.data))}` : type
    const known = shared.get(key)
    if (known !== undefined) return known
    const chosen = this.fresh(name ?? `c${this.initializers.size}`)
    this.initializers.set(chosen, data)
    shared.set(key, chosen)
    if (!small) this.byValues.set(values, shared)
    return chosen
  }

  /** Adds an output: a node that gives the tensor the name of the output. */
  output(name: string, tensor: Tensor): OnnxValue {
    this.place = ''
    this.node('Identity', [this.nameOf(tensor)], {}, [name])
    return { name, dtype: tensor.dtype, shape: tensor.shape }
  }

  /** Nodes and weights that the outputs need; the runtime would compute unused ones too. */
  needed(outputs: Readonly<Record<string, unknown>>): Pick<OnnxModel, 'nodes' | 'initializers'> {
    const names = new Set(Object.keys(outputs))
    const nodes = this.nodes.toReversed().filter((node) => {
      if (!node.outputs.some((name) => names.has(name))) return false
      for (const name of node.inputs) names.add(name)
      return true
    })
    const initializers = new Map([...this.initializers].filter(([name]) => names.has(name)))
    return { nodes: nodes.reverse(), initializers }
  }

  private fresh(wanted: string): string {
    let name = wanted
    for (let i = 1; this.taken.has(name); i++) name = `${wanted}#${i}`
    this.taken.add(name)
    return name
  }
}
