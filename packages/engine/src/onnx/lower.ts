import { expansionOf } from '../autodiff/expansion.ts'
import { type TensorData, toBytes } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { type Emitter, inputName, type Node, type OnnxAttribute, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import type { OnnxModel, OnnxNode, OnnxValue } from './model.ts'

/** Settings of the lowering. */
export interface LowerOptions {
  /** Use contributed (fused) operators of ONNX Runtime. Off by default: standard ONNX only. */
  readonly fused?: boolean
  /** Text pairs stored in the model file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The ONNX model that computes `outputs`, with everything they reach. @throws GraphError for two inputs of one name */
export function lower(outputs: Readonly<Record<string, Tensor>>, options: LowerOptions = {}): OnnxModel {
  const fused = options.fused ?? false
  const sources = (node: Node): readonly Tensor[] =>
    fused ? node.inputs : (expansionOf(node) ?? node.inputs)
  const order = topologicalOrder(Object.values(outputs), sources)
  const lowering = new Lowering(fused, new Set([...order.flatMap(sources), ...Object.values(outputs)]))
  const inputs = new Map<string, OnnxValue>()
  for (const node of order) {
    const [first] = node.outputs as readonly [Tensor]
    const name = inputName(first)
    const expansion = fused ? undefined : expansionOf(node)
    if (name !== undefined) {
      if (inputs.has(name)) throw new GraphError(`compile: two inputs are called ${name}. Rename one.`)
      inputs.set(name, { name, dtype: first.dtype, shape: first.shape })
      lowering.alias(first, name)
    } else if (expansion) {
      for (const [i, part] of expansion.entries())
        lowering.alias(node.outputs[i] as Tensor, lowering.nameOf(part))
    } else lowering.emit(node)
  }
  return {
    nodes: lowering.nodes,
    initializers: lowering.initializers,
    inputs: [...inputs.values()],
    outputs: Object.entries(outputs).map(([name, tensor]) => lowering.output(name, tensor)),
    metadata: options.metadata ?? {},
  }
}

class Lowering implements Emitter {
  readonly nodes: OnnxNode[] = []
  readonly initializers = new Map<string, TensorData>()
  private readonly names = new Map<Tensor, string>()
  private readonly byValue = new Map<string, string>()
  private readonly byData = new Map<unknown, string>()
  private place = ''

  constructor(
    readonly fused: boolean,
    private readonly used: ReadonlySet<Tensor>,
  ) {}

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
    const name = `t${this.names.size}`
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
    outputs: readonly string[] = [`n${this.nodes.length}`],
    domain = '',
  ): string {
    const name = `${this.place}${opType}_${this.nodes.length}`
    this.nodes.push({ opType, domain, name, inputs, outputs, attributes })
    return outputs[0] as string
  }

  constant(data: TensorData, name?: string): string {
    const small = data.data.length <= 16
    const key = `${data.dtype}[${data.shape}]${small ? Array.from(toBytes(data.data)) : ''}`
    const known = small && name === undefined ? this.byValue.get(key) : this.byData.get(data.data)
    if (known !== undefined) return known
    const wanted = name ?? `c${this.initializers.size}`
    const chosen = this.initializers.has(wanted) ? `${wanted}#${this.initializers.size}` : wanted
    this.initializers.set(chosen, data)
    if (small && name === undefined) this.byValue.set(key, chosen)
    else this.byData.set(data.data, chosen)
    return chosen
  }

  /** ONNX wants an output to be made by a node under its own name. */
  output(name: string, tensor: Tensor): OnnxValue {
    this.place = ''
    this.node('Identity', [this.nameOf(tensor)], {}, [name])
    return { name, dtype: tensor.dtype, shape: tensor.shape }
  }
}
