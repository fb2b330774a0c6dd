import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import { toBytes } from '../graph/dtype.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { everyKind, joined } from './model.test.support.ts'
import { encodeModel } from './writer.ts'

const { onnx } = onnxProto

describe('an encoded model, decoded by the ONNX project’s own schema', () => {
  const model = everyKind()
  const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined)

  it('says the same nodes, weights, values and metadata', () => {
    const proto = onnx.ModelProto.decode(joined(encodeModel(model).model))
    expect([Number(proto.irVersion), proto.producerName]).toEqual([9, 'dynamic-tuning'])
    expect(proto.opsetImport.map((set) => [set.domain, Number(set.version)])).toEqual([['', 20]])
    expect(proto.metadataProps.map(({ key, value }) => [key, value])).toEqual(Object.entries(model.metadata))
    const nodes = (proto.graph?.node ?? []).map((node) => ({
      opType: node.opType,
      domain: node.domain,
      name: node.name,
      inputs: node.input,
      outputs: node.output,
      attributes: Object.fromEntries((node.attribute ?? []).map((item) => [item.name, attribute(item)])),
    }))
    expect(nodes).toEqual(model.nodes)
    for (const item of proto.graph?.initializer ?? []) {
      const data = model.initializers.get(item.name ?? '')
      expect(item.dataType).toBe(data && onnxDTypes[data.dtype])
      expect(item.dims?.map(Number)).toEqual(data?.shape)
      expect(Buffer.from(item.rawData ?? []).equals(data ? toBytes(data.data) : new Uint8Array(1))).toBe(true)
    }
    expect(proto.graph?.initializer?.length).toBe(model.initializers.size)
    const dims = proto.graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? []
    expect(dims.map((dim) => dim.dimParam || Number(dim.dimValue))).toEqual(['B', 3])
    expect(proto.graph?.output?.[0]?.name).toBe('y')
  })

  it('points to the external bytes of every large weight', () => {
    const { model: pieces, external } = encodeModel(model, 'weights.bin')
    const proto = onnx.ModelProto.decode(joined(pieces))
    const file = joined(external)
    const outside = (proto.graph?.initializer ?? []).filter((item) => item.dataLocation === 1)
    expect(outside.map((item) => item.name)).toEqual(['large'])
    for (const item of outside) {
      const entries = Object.fromEntries((item.externalData ?? []).map(({ key, value }) => [key, value]))
      expect(entries.location).toBe('weights.bin')
      expect(Number(entries.offset) % 64).toBe(0)
      const bytes = file.subarray(Number(entries.offset), Number(entries.offset) + Number(entries.length))
      const data = model.initializers.get(item.name ?? '')
      expect(Buffer.from(bytes).equals(data ? toBytes(data.data) : new Uint8Array(1))).toBe(true)
    }
  })

  function attribute(item: Onnx.IAttributeProto): unknown {
    const { type } = item
    if (type === onnx.AttributeProto.AttributeType.FLOAT) return { float: item.f }
    if (type === onnx.AttributeProto.AttributeType.INT) return Number(item.i)
    if (type === onnx.AttributeProto.AttributeType.STRING) return text(item.s)
    return item.ints?.map(Number)
  }
})
