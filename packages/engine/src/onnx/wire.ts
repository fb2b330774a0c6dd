/** The parts of the protocol-buffer wire format that ONNX and event files use. */

const encoder = new TextEncoder()

/** Writes the fields of one message. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = []
  private size = 0

  private push(bytes: Uint8Array): void {
    this.parts.push(bytes)
    this.size += bytes.length
  }

  /** Bytes so far. */
  get length(): number {
    return this.size
  }

  /** The bytes of the message in pieces, in order; large ones are not copied. */
  pieces(): readonly Uint8Array[] {
    return this.parts
  }

  varint(field: number, value: number | bigint): this {
    this.push(encodeVarint(BigInt(field) << 3n))
    this.push(encodeVarint(BigInt.asUintN(64, BigInt(value))))
    return this
  }

  float(field: number, value: number): this {
    this.push(encodeVarint((BigInt(field) << 3n) | 5n))
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    this.push(bytes)
    return this
  }

  double(field: number, value: number): this {
    this.push(encodeVarint((BigInt(field) << 3n) | 1n))
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.push(bytes)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.push(encodeVarint((BigInt(field) << 3n) | 2n))
    this.push(encodeVarint(BigInt(value.length)))
    this.push(value)
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value))
  }

  message(field: number, fill: (message: MessageWriter) => void): this {
    const inner = new MessageWriter()
    fill(inner)
    this.push(encodeVarint((BigInt(field) << 3n) | 2n))
    this.push(encodeVarint(BigInt(inner.size)))
    for (const part of inner.parts) this.push(part)
    return this
  }
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

/** A field that was read: a number for varints, bytes for everything else. */
export interface Field {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** Reads the fields of a message. @throws RangeError where the bytes end inside a field or contain a group */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message ends inside a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is longer than 10 bytes')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError('the message ends inside a field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    const kind = Number(tag & 7n)
    if (kind === 0) yield { number, value: varint() }
    else if (kind === 1) yield { number, value: take(8) }
    else if (kind === 2) yield { number, value: take(Number(varint())) }
    else if (kind === 5) yield { number, value: take(4) }
    else throw new RangeError(`wire type ${kind}`)
  }
}
