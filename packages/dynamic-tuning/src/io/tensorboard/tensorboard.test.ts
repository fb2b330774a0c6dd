import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRunFolder } from '../run-folder.ts'
import { crc32c, maskedCrc32c } from './crc32c.ts'
import { eventFileName, openEventFile } from './event-file.ts'
import { metricScalars } from './metric-scalars.ts'
import { encodeRecord, readRecords } from './records.ts'
import { withEvents } from './run-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'events-'))
afterAll(() => rmSync(folder, { recursive: true }))
const hex = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex')

/** Computed bit by bit from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const out = (value ^ (byte >> bit)) & 1
      value = (value >>> 1) ^ (out ? 0x82f63b78 : 0)
    }
  return ~value >>> 0
}

interface Event {
  readonly step: number
  readonly scalars: Readonly<Record<string, number>>
}

/**
 * Reads an event file without any code of the writer: checks lengths and checksums, then
 * decodes the protobuf fields.
 */
function decode(path: string): { version: string; events: Event[] } {
  const bytes = readFileSync(path)
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    const mask = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
    expect(bytes.readUInt32LE(at + 8)).toBe(mask(slowCrc32c(bytes.subarray(at, at + 8))))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(mask(slowCrc32c(data)))
    messages.push(data)
    at += 16 + length
  }
  const [first, ...rest] = messages as [Buffer, ...Buffer[]]
  // Tag 9: field 1 as a double. Tag 26: field 3 as text.
  expect([first[0], first[9]]).toEqual([0x09, 0x1a])
  return { version: first.subarray(11).toString(), events: rest.map(decodeEvent) }
}

function decodeEvent(data: Buffer): Event {
  expect(data[0]).toBe(0x09)
  expect(data.readDoubleLE(1)).toBeGreaterThan(1.6e9)
  expect(data[9]).toBe(0x10)
  let at = 10
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++] as number
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  const step = varint()
  expect(data[at++]).toBe(0x2a)
  const end = varint() + at
  expect(end).toBe(data.length)
  const scalars: Record<string, number> = {}
  while (at < end) {
    expect(data[at++]).toBe(0x0a)
    varint()
    expect(data[at++]).toBe(0x0a)
    const length = varint()
    const tag = data.subarray(at, at + length).toString()
    at += length
    expect(data[at++]).toBe(0x15)
    scalars[tag] = data.readFloatLE(at)
    at += 4
  }
  return { step, scalars }
}

describe('crc32c', () => {
  it('gives the sums of RFC 3720 and of the definition', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(ascending)).toBe(0x46dd794e)
    expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c)
    expect(crc32c(ascending)).toBe(slowCrc32c(ascending))
    expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8)
  })
})

describe('records', () => {
  it('have the layout of a TFRecord', () => {
    // With length 1: every one-byte record of TensorFlow begins with these bytes and checksum.
    const record = encodeRecord(Uint8Array.of(0x61))
    expect(record.length).toBe(17)
    expect(record.subarray(0, 8)).toEqual(new Uint8Array(hex('01 00 00 00 00 00 00 00')))
    const sum = new DataView(record.buffer).getUint32(13, true)
    expect(sum).toBe(maskedCrc32c(Uint8Array.of(0x61)))
  })

  it('are read up to the first that is cut off or damaged', () => {
    const one = encodeRecord(Buffer.from('one'))
    const two = encodeRecord(Buffer.from('two'))
    const ends = (bytes: Uint8Array): number[] => [...readRecords(bytes)].map(({ end }) => end)
    expect(ends(Buffer.concat([one, two]))).toEqual([19, 38])
    for (let cut = 0; cut < 19; cut++) expect(ends(Buffer.concat([one, two.subarray(0, cut)]))).toEqual([19])
    for (const at of [0, 9, 13, 17]) {
      const damaged = Uint8Array.from(two)
      damaged[at] = (damaged[at] as number) ^ 4
      expect(ends(Buffer.concat([one, damaged]))).toEqual([19])
    }
  })
})

describe('an event file', () => {
  it('holds its version and then scalars by step', () => {
    const path = join(folder, 'plain')
    const file = openEventFile(path)
    file.append(1, [
      ['train/loss', 2.5],
      ['train/lr', 0.1],
    ])
    file.append(300, [['größe', -1]])
    expect(decode(path)).toEqual({
      version: 'brain.Event:2',
      events: [
        { step: 1, scalars: { 'train/loss': 2.5, 'train/lr': Math.fround(0.1) } },
        { step: 300, scalars: { größe: -1 } },
      ],
    })
  })

  it('loses later steps, and what a crash left of a record, where a run goes on', () => {
    const path = join(folder, 'cut')
    const file = openEventFile(path)
    for (const step of [1, 2, 3, 4]) file.append(step, [['a', step]])
    appendFileSync(path, encodeRecord(Buffer.from('cut off')).subarray(0, 15))
    file.truncateAfter(2)
    file.append(3, [['a', 30]])
    expect(decode(path).events.map(({ step, scalars }) => [step, scalars.a])).toEqual([
      [1, 1],
      [2, 2],
      [3, 30],
    ])
  })
})

describe('metricScalars', () => {
  it('names what a line of metrics.jsonl holds', () => {
    expect(metricScalars({ kind: 'step', step: 3, epoch: 1, lr: 0.1, loss: 2 })).toEqual([
      ['progress/epoch', 1],
      ['train/lr', 0.1],
      ['train/loss', 2],
    ])
    const epoch = { kind: 'epoch', step: 3, epoch: 1, validationAccuracy: 0.5, activeRatePerLayer: [0.25, 1] }
    expect(metricScalars(epoch)).toEqual([
      ['validation/accuracy', 0.5],
      ['activeTokens/layer00', 0.25],
      ['activeTokens/layer01', 1],
    ])
    expect(metricScalars({ kind: 'result', step: 3, accuracy: 0.75, seed: 2, method: 'dyt' })).toEqual([
      ['test/accuracy', 0.75],
    ])
    expect(metricScalars({ kind: 'speed', batch: 3 })).toEqual([])
  })
})

describe('withEvents', () => {
  const line = (step: number) => ({ kind: 'step', step, loss: step / 2 })
  const steps = (path: string): number[] => decode(join(path, eventFileName)).events.map(({ step }) => step)

  it('writes beside the metrics, and cuts both where a run goes on', () => {
    const path = join(folder, 'run')
    const run = withEvents(createRunFolder(path), true)
    for (const step of [1, 2, 3]) run.appendMetric(line(step))
    run.appendMetric({ kind: 'note' })
    run.truncateMetricsAfter(2)
    run.appendMetric(line(3))
    expect(steps(path)).toEqual([1, 2, 3])
    expect(run.readMetrics()).toEqual([line(1), line(2), { kind: 'note' }, line(3)])
    expect([run.path, run.writable]).toEqual([path, true])
    run.release()
    expect(run.writable).toBe(false)
  })

  it('remembers the wish of a run that is killed before its first line', () => {
    const path = join(folder, 'early')
    withEvents(createRunFolder(path), true).release()
    const resumed = withEvents(createRunFolder(path, { resume: false }))
    expect(resumed.readMetrics()).toEqual([])
    resumed.release()
    const begun = withEvents(createRunFolder(join(folder, 'begun')), true)
    begun.writeConfig({ command: 'finetune' })
    begun.release()
    const again = withEvents(createRunFolder(join(folder, 'begun'), { resume: true }))
    again.truncateMetricsAfter(0)
    again.appendMetric(line(1))
    expect(steps(join(folder, 'begun'))).toEqual([1])
    again.release()
  })

  it('goes on with the events of a run that has some, and makes up for those it has not', () => {
    const path = join(folder, 'late')
    const plain = createRunFolder(path)
    for (const step of [1, 2, 3]) plain.appendMetric(line(step))
    expect(withEvents(plain)).toBe(plain)
    withEvents(plain, true).truncateMetricsAfter(2)
    expect(steps(path)).toEqual([1, 2])
    withEvents(plain).appendMetric(line(3))
    expect(steps(path)).toEqual([1, 2, 3])
    plain.release()
  })
})
