import { CheckpointError } from '../../../errors.ts'

/** Reads numbers and strings from a pickle, one after the other. */
export class PickleReader {
  private readonly bytes: Buffer
  /** Offset of the next byte. */
  at: number

  constructor(
    readonly path: string,
    bytes: Uint8Array,
    start = 0,
  ) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.at = start
  }

  /** The error for any defect of the pickle. */
  defect(what: string): CheckpointError {
    return new CheckpointError(
      `torch: the pickle of ${this.path} is damaged, ${what} at byte ${this.at}. Is the download complete?`,
    )
  }

  take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw this.defect(`${length} bytes are wanted, it ends`)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  uint8(): number {
    return this.take(1).readUInt8()
  }

  uint16(): number {
    return this.take(2).readUInt16LE()
  }

  int32(): number {
    return this.take(4).readInt32LE()
  }

  uint32(): number {
    return this.take(4).readUInt32LE()
  }

  /** A length of eight bytes. */
  uint64(): number {
    return Number(this.take(8).readBigUInt64LE())
  }

  float64(): number {
    return this.take(8).readDoubleBE()
  }

  text(length: number): string {
    return this.take(length).toString('utf8')
  }

  /** The text up to the next line feed, without the line feed. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at)
    if (end < 0) throw this.defect('a line does not end')
    const line = this.text(end - this.at)
    this.at++
    return line
  }

  /** A two's complement integer of `length` bytes: a number where it is exact, else a bigint. */
  long(length: number): number | bigint {
    if (length > 1024) throw this.defect(`an integer has ${length} bytes`)
    const bytes = this.take(length)
    const value = bytes.reduceRight((high, byte) => (high << 8n) | BigInt(byte), 0n)
    return exact(BigInt.asIntN(8 * length, value))
  }

  /** A decimal number as Python writes it, `12` or `12L`. */
  decimal(): number | bigint {
    const text = this.line()
    if (!/^[+-]?\d{1,1000}L?$/.test(text)) throw this.defect(`"${text.slice(0, 20)}" is no number`)
    return exact(BigInt(text.replace(/L$/, '').replace(/^\+/, '')))
  }
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
