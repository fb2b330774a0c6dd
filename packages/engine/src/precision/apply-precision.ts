import { hasDType, type TensorData } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import type { OnnxModel, OnnxNode } from '../onnx/model.ts'
import { productForms } from './forms.ts'
import type { PrecisionOptions } from './precision.ts'
import type { Draft, Product } from './product.ts'

/** How a model is rewritten. */
export interface ApplyPrecisionOptions extends PrecisionOptions {
  /** Use operators of ONNX Runtime's own where a precision has some. Default false: standard ONNX only. */
  readonly fused?: boolean | undefined
  /**
   * Where the model will run. With `fp16` GPUs compute in half precision; others only store weights in it.
   * Default `cpu`.
   */
  readonly device?: 'cpu' | 'wasm' | 'webgpu' | 'cuda' | undefined
}

/**
 * The model with its products x W^T + b (W constant) in another precision; all other nodes stay as they are.
 * @throws GraphError where no product can be changed, for instance because `reduced` selects no weight
 */
export function applyPrecision(model: OnnxModel, options: ApplyPrecisionOptions): OnnxModel {
  const { precision = 'fp32' } = options
  if (precision === 'fp32') return model
  const form = productForms[precision]
  if (form === undefined)
    throw new GraphError(
      `precision: ${precision} is none. Choose fp32, ${Object.keys(productForms).join(', ')}.`,
    )
  const rewriting = new Rewriting(model, options)
  let changed = 0
  for (const node of model.nodes) {
    const product = productOf(node, model, options)
    const y = product && form(product, rewriting.at(node))
    if (y === undefined) rewriting.keep(node)
    else {
      rewriting.rename(y, present(node.outputs[0], 'an output'))
      changed++
    }
  }
  if (changed === 0)
    throw new GraphError(
      `precision: no product can be computed in ${precision}. It needs constant weights, in blocks of 16 inputs or more.`,
    )
  return rewriting.result()
}

/** The product that a node computes, if its precision is to change. */
function productOf(
  node: OnnxNode,
  { initializers }: OnnxModel,
  { reduced = () => true }: PrecisionOptions,
): Product | undefined {
  const [x, name, bias] = node.inputs
  if (node.opType !== 'Gemm' || x === undefined || name === undefined) return undefined
  const weight = initializers.get(name)
  const plain = node.attributes.transA === 0 && node.attributes.transB === 1
  if (weight === undefined || !hasDType(weight, 'float32') || !plain || !reduced(name)) return undefined
  return { x, weight, bias }
}

/** Collects nodes and constants of the new model. */
class Rewriting {
  private readonly nodes: OnnxNode[] = []
  private readonly constants: Map<string, TensorData>
  private readonly taken: Set<string>

  constructor(
    private readonly model: OnnxModel,
    private readonly options: ApplyPrecisionOptions,
  ) {
    this.constants = new Map(model.initializers)
    const values = model.nodes.flatMap(({ outputs }) => outputs)
    this.taken = new Set([...this.constants.keys(), ...values, ...model.inputs.map(({ name }) => name)])
  }

  keep(node: OnnxNode): void {
    this.nodes.push(node)
  }

  /** Writes nodes that replace `node`; their names come from it and its weight. */
  at(node: OnnxNode): Draft {
    const place = node.name.slice(0, node.name.lastIndexOf('/') + 1)
    const add = (
      opType: string,
      inputs: readonly string[],
      outputs: readonly string[],
      rest = {},
    ): string => {
      // The suffix `_p` keeps names apart from those of nodes that stay.
      const name = `${place}${opType}_p${this.nodes.length}`
      this.nodes.push({ opType, domain: '', name, inputs, outputs, attributes: {}, ...rest })
      return present(outputs[0], `an output of ${opType}`)
    }
    return {
      fused: this.options.fused ?? false,
      narrow: this.options.narrow ?? false,
      halves: this.options.device === 'webgpu' || this.options.device === 'cuda',
      node: (opType, inputs, attributes = {}, outputs = [this.fresh(`${place}${opType}`)], domain = '') =>
        add(opType, inputs, outputs, { attributes, domain }),
      nodes: (opType, inputs, count) => {
        const outputs = Array.from({ length: count }, () => this.fresh(`${place}${opType}`))
        add(opType, inputs, outputs)
        return outputs
      },
      constant: (suffix, data) => {
        const name = this.fresh(`${node.inputs[1]}.${suffix}`)
        this.constants.set(name, data)
        return name
      },
    }
  }

  /** Renames the output `made` of the last node that has it to `wanted`. */
  rename(made: string, wanted: string): void {
    const at = this.nodes.findLastIndex(({ outputs }) => outputs.includes(made))
    const node = present(this.nodes[at], `the node of ${made}`)
    this.nodes[at] = { ...node, outputs: node.outputs.map((name) => (name === made ? wanted : name)) }
  }

  result(): OnnxModel {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs))
    const initializers = new Map([...this.constants].filter(([name]) => read.has(name)))
    return { ...this.model, nodes: this.nodes, initializers }
  }

  private fresh(wanted: string): string {
    let name = wanted
    for (let i = 1; this.taken.has(name); i++) name = `${wanted}#${i}`
    this.taken.add(name)
    return name
  }
}
