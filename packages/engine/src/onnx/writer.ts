import { bytesPerElement, sizeOf, type TensorData, toBytes } from '../graph/dtype.ts'
import { FormatError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import type { OnnxAttribute } from '../graph/tensor.ts'
import { type OnnxModel, type OnnxNode, type OnnxValue, opset } from './model.ts'
import { MessageWriter } from './wire.ts'

/** A model file, and the file of its large weights if they are external. */
export interface EncodedModel {
  /** Pieces of the model file in order. */
  readonly model: readonly Uint8Array[]
  /** Pieces of the weight file in order, each computed when it is read; empty if all weights are inline. */
  readonly external: Iterable<Uint8Array>
}

/**
 * Tensors below this many bytes stay in the model file: shapes and scalars, which the runtime reads at load.
 */
const inlineBytes = 1024
/** Weights in the external file start at multiples of this, so that they can be memory-mapped. */
const alignment = 64
const protobufLimit = 2 ** 31 - 1

/**
 * Encodes a model. With `externalFile`, a name in the folder of the model, large weights go to that file;
 * models over 2 GB need it.
 * @throws FormatError where the model file exceeds protobuf's 2 GB
 */
export function encodeModel(model: OnnxModel, externalFile?: string): EncodedModel {
  const external: Placed[] = []
  let offset = 0
  const place = (data: TensorData, length: number): number => {
    const padding = (alignment - (offset % alignment)) % alignment
    external.push({ padding, data })
    offset += padding + length
    return offset - length
  }
  const message = new MessageWriter()
  message.varint(1, 9).text(2, 'dynamic-tuning')
  message.message(8, (set) => set.varint(2, opset))
  if (model.nodes.some((node) => node.domain !== ''))
    message.message(8, (set) => set.text(1, 'com.microsoft').varint(2, 1))
  for (const [key, value] of Object.entries(model.metadata))
    message.message(14, (pair) => pair.text(1, key).text(2, value))
  // Last, so that a truncated file is noticed.
  message.message(7, (graph) => {
    for (const node of model.nodes) graph.message(1, (part) => writeNode(part, node))
    graph.text(2, 'main')
    for (const [name, data] of model.initializers)
      graph.message(5, (part) => writeTensor(part, name, data, externalFile, place))
    for (const value of model.inputs) graph.message(11, (part) => writeValue(part, value))
    for (const value of model.outputs) graph.message(12, (part) => writeValue(part, value))
  })
  if (message.length > protobufLimit)
    throw new FormatError(
      `onnx: ${message.length} bytes exceed protobuf's 2 GB. Keep weights in an external file.`,
    )
  return { model: message.pieces(), external: { [Symbol.iterator]: () => bytesOf(external) } }
}

/** A weight in the external file, after `padding` bytes. */
interface Placed {
  readonly padding: number
  readonly data: TensorData
}

function* bytesOf(placed: readonly Placed[]): Generator<Uint8Array> {
  for (const { padding, data } of placed) {
    if (padding > 0) yield new Uint8Array(padding)
    yield toBytes(data.data)
  }
}

function writeNode(message: MessageWriter, node: OnnxNode): void {
  for (const name of node.inputs) message.text(1, name)
  for (const name of node.outputs) message.text(2, name)
  message.text(3, node.name).text(4, node.opType)
  for (const [name, value] of Object.entries(node.attributes))
    message.message(5, (attribute) => writeAttribute(attribute.text(1, name), value))
  if (node.domain !== '') message.text(7, node.domain)
}

function writeAttribute(message: MessageWriter, value: OnnxAttribute): void {
  if (typeof value === 'number') message.varint(3, value).varint(20, 2)
  else if (typeof value === 'string') message.text(4, value).varint(20, 3)
  else if ('float' in value) message.float(2, value.float).varint(20, 1)
  else {
    for (const item of value) message.varint(8, item)
    message.varint(20, 7)
  }
}

function writeTensor(
  message: MessageWriter,
  name: string,
  data: TensorData,
  externalFile: string | undefined,
  place: (data: TensorData, length: number) => number,
): void {
  const length = sizeOf(data.shape) * bytesPerElement(data.dtype)
  for (const size of data.shape) message.varint(1, size)
  message.varint(2, onnxDTypes[data.dtype]).text(8, name)
  if (externalFile === undefined || length < inlineBytes) {
    message.bytes(9, toBytes(data.data))
    return
  }
  const entries = { location: externalFile, offset: String(place(data, length)), length: String(length) }
  for (const [key, value] of Object.entries(entries))
    message.message(13, (pair) => pair.text(1, key).text(2, value))
  message.varint(14, 1)
}

function writeValue(message: MessageWriter, value: OnnxValue): void {
  message.text(1, value.name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.varint(1, onnxDTypes[value.dtype]).message(2, (shape) => {
        for (const dim of value.shape)
          shape.message(1, (part) => (typeof dim === 'number' ? part.varint(1, dim) : part.text(2, dim)))
      }),
    ),
  )
}
