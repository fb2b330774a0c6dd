import { MessageWriter, readFields } from '@dynamic-tuning/engine'

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
const event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const
const summary = { value: 1 } as const
const value = { tag: 1, simpleValue: 2 } as const

/** The event that every file begins with. */
export function versionEvent(seconds: number): Uint8Array {
  return bytesOf(new MessageWriter().double(event.wallTime, seconds).text(event.fileVersion, 'brain.Event:2'))
}

/** Some scalars at a step; `seconds` since 1970. */
export function scalarEvent(
  seconds: number,
  step: number,
  scalars: readonly (readonly [tag: string, value: number])[],
): Uint8Array {
  const message = new MessageWriter().double(event.wallTime, seconds).varint(event.step, step)
  message.message(event.summary, (inner) => {
    for (const [tag, scalar] of scalars)
      inner.message(summary.value, (one) => one.text(value.tag, tag).float(value.simpleValue, scalar))
  })
  return bytesOf(message)
}

/** The step of an event; 0 if it has none. */
export function stepOf(bytes: Uint8Array): number {
  for (const { number, value: field } of readFields(bytes))
    if (number === event.step && typeof field === 'bigint') return Number(field)
  return 0
}

function bytesOf(message: MessageWriter): Uint8Array {
  return Buffer.concat(message.pieces())
}
