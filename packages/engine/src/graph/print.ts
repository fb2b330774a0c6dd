import { shapeText } from './shape.ts'
import { constantOp, inputName, isNodeOf, type Tensor } from './tensor.ts'
import { topologicalOrder } from './walk.ts'

/** One line per node: `%3 = Gemm(%1, blocks.0.attn.qkv.weight) : float32 [B, 197, 768]`. */
export function printGraph(outputs: Readonly<Record<string, Tensor>>): string {
  const names = new Map<Tensor, string>()
  const lines: string[] = []
  for (const node of topologicalOrder(Object.values(outputs))) {
    for (const tensor of node.outputs) names.set(tensor, leafName(tensor) ?? `%${names.size}`)
    const left = node.outputs.map((tensor) => names.get(tensor)).join(', ')
    const types = node.outputs.map((tensor) => `${tensor.dtype} ${shapeText(tensor.shape)}`).join(', ')
    const place = node.origin === undefined ? '' : `  # ${node.origin}`
    lines.push(
      `${left} = ${node.op.name}(${node.inputs.map((t) => names.get(t)).join(', ')}) : ${types}${place}`,
    )
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`return ${name} = ${names.get(tensor)}`)
  return lines.join('\n')
}

function leafName(tensor: Tensor): string | undefined {
  const name = inputName(tensor)
  if (name !== undefined) return name
  return isNodeOf(tensor.node, constantOp) ? tensor.node.attributes.name : undefined
}
