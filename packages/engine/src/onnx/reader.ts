import { bytesPerElement, type DType, fromBytes, sizeOf, type TensorData } from '../graph/dtype.ts'
import { FormatError } from '../graph/errors.ts'
import { messageOf } from '../graph/message-of.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import type { Dim } from '../graph/shape.ts'
import type { OnnxAttribute } from '../graph/tensor.ts'
import { type OnnxModel, type OnnxNode, type OnnxValue, opset } from './model.ts'
import { type Field, readFields } from './wire.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })
const dtypes = new Map(Object.entries(onnxDTypes).map(([name, number]) => [number, name as DType]))

/** Attribute kinds we write: float, int, string, ints. */
const kinds: ReadonlySet<number> = new Set([1, 2, 3, 7])

/** Gives the bytes of an external weight file by its name in the folder of the model. */
export type ExternalFiles = (location: string) => Uint8Array

/**
 * Reads a model written by `encodeModel`.
 * @throws FormatError where the bytes are not such a model, or a weight lies outside its file
 */
export function decodeModel(bytes: Uint8Array, external?: ExternalFiles): OnnxModel {
  try {
    return readModel(bytes, external)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`onnx: damaged model file, ${messageOf(error)}. Export it again.`)
  }
}

function readModel(bytes: Uint8Array, external: ExternalFiles | undefined): OnnxModel {
  const fields = [...readFields(bytes)]
  const versions = fields.filter((f) => f.number === 8).map((f) => readVersion(asBytes(f)))
  if (!versions.includes(opset))
    throw new FormatError(`onnx: not written for operator set ${opset}. Is it one of our models?`)
  const graph = fields.find((field) => field.number === 7)
  if (graph === undefined) throw new FormatError('onnx: no graph in the file. Is it an ONNX model?')
  const parts = [...readFields(asBytes(graph))]
  const of = (number: number): Uint8Array[] => parts.filter((f) => f.number === number).map(asBytes)
  return {
    nodes: of(1).map(readNode),
    initializers: new Map(of(5).map((part) => readTensor(part, external))),
    inputs: of(11).map(readValue),
    outputs: of(12).map(readValue),
    metadata: Object.fromEntries(fields.filter((f) => f.number === 14).map((f) => readPair(asBytes(f)))),
  }
}

/** The version of the standard operators; 0 for another set of operators. */
function readVersion(bytes: Uint8Array): number {
  const fields = [...readFields(bytes)]
  const version = fields.find((field) => field.number === 2)
  return version === undefined || fields.some((field) => field.number === 1) ? 0 : asNumber(version)
}

function asBytes(field: Field): Uint8Array {
  if (typeof field.value === 'bigint') throw new RangeError(`field ${field.number} is a number`)
  return field.value
}

function asNumber(field: Field): number {
  if (typeof field.value !== 'bigint') throw new RangeError(`field ${field.number} is no number`)
  return Number(BigInt.asIntN(64, field.value))
}

const asText = (field: Field): string => decoder.decode(asBytes(field))

function readPair(bytes: Uint8Array): [string, string] {
  const fields = [...readFields(bytes)].map(asText)
  return [fields[0] ?? '', fields[1] ?? '']
}

function readNode(bytes: Uint8Array): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const node = { name: '', opType: '', domain: '' }
  const attributes: Record<string, OnnxAttribute> = {}
  for (const field of readFields(bytes)) {
    if (field.number === 1) inputs.push(asText(field))
    else if (field.number === 2) outputs.push(asText(field))
    else if (field.number === 3) node.name = asText(field)
    else if (field.number === 4) node.opType = asText(field)
    else if (field.number === 5) Object.assign(attributes, readAttribute(asBytes(field)))
    else if (field.number === 7) node.domain = asText(field)
  }
  return { ...node, inputs, outputs, attributes }
}

function readAttribute(bytes: Uint8Array): Record<string, OnnxAttribute> {
  let name = ''
  let value: OnnxAttribute | undefined
  const list: number[] = []
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = asText(field)
    else if (field.number === 2) value = { float: viewOf(asBytes(field)).getFloat32(0, true) }
    else if (field.number === 3) value = asNumber(field)
    else if (field.number === 4) value = asText(field)
    else if (field.number === 8) list.push(asNumber(field))
    else if (field.number === 20 && !kinds.has(asNumber(field)))
      throw new FormatError(`onnx: attribute ${name} has a kind we do not write. Export it again.`)
  }
  return { [name]: value ?? list }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readTensor(bytes: Uint8Array, external: ExternalFiles | undefined): [string, TensorData] {
  const shape: number[] = []
  const outside: Record<string, string> = {}
  let name = ''
  let dtype: DType | undefined
  let raw: Uint8Array | undefined
  for (const field of readFields(bytes)) {
    if (field.number === 1) shape.push(asNumber(field))
    else if (field.number === 2) dtype = dtypes.get(asNumber(field))
    else if (field.number === 8) name = asText(field)
    else if (field.number === 9) raw = asBytes(field)
    else if (field.number === 13) Object.assign(outside, Object.fromEntries([readPair(asBytes(field))]))
  }
  if (dtype === undefined) throw new FormatError(`onnx: weight ${name} has an element type we do not write.`)
  const data = raw ?? readOutside(name, outside, external)
  if (shape.some((size) => size < 0) || data.length !== sizeOf(shape) * bytesPerElement(dtype))
    throw new FormatError(
      `onnx: weight ${name} has ${data.length} bytes for ${dtype} [${shape}]. Export it again.`,
    )
  return [name, { dtype, shape, data: fromBytes(dtype, data) }]
}

function readOutside(
  name: string,
  { location = '', offset = '0', length = '' }: Record<string, string>,
  external: ExternalFiles | undefined,
): Uint8Array {
  if (external === undefined)
    throw new FormatError(`onnx: weight ${name} lies in ${location}. Give the external files too.`)
  const file = external(location)
  const [start, size] = [Number(offset), Number(length)]
  if (
    !(
      Number.isInteger(start) &&
      Number.isInteger(size) &&
      start >= 0 &&
      size >= 0 &&
      start + size <= file.length
    )
  )
    throw new FormatError(
      `onnx: weight ${name} at ${offset}+${length} lies outside ${location} (${file.length} bytes).`,
    )
  return file.subarray(start, start + size)
}

function required(field: Field | undefined): Field {
  if (field === undefined) throw new RangeError('a field is missing')
  return field
}

function readValue(bytes: Uint8Array): OnnxValue {
  const fields = [...readFields(bytes)]
  const name = asText(required(fields.find((field) => field.number === 1)))
  const type = required([...readFields(asBytes(required(fields.find((field) => field.number === 2))))][0])
  const shape: Dim[] = []
  let dtype: DType | undefined
  for (const field of readFields(asBytes(type))) {
    if (field.number === 1) dtype = dtypes.get(asNumber(field))
    else if (field.number === 2)
      for (const dim of readFields(asBytes(field))) shape.push(readDim(asBytes(dim)))
  }
  if (dtype === undefined)
    throw new FormatError(`onnx: ${name} has an element type we do not write. Export it again.`)
  return { name, dtype, shape }
}

function readDim(bytes: Uint8Array): Dim {
  const [field] = [...readFields(bytes)]
  if (field === undefined) return '?'
  return field.number === 1 ? asNumber(field) : asText(field)
}
