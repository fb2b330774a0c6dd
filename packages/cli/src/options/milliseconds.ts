import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = { us: 1e-3, µs: 1e-3, ms: 1, s: 1e3 }

/** Reads a time with its unit, such as `20ms`, as milliseconds. */
export function milliseconds(text: string): number {
  const [, value, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(\S*)\s*$/.exec(text) ?? []
  const factor = units[unit]
  if (value !== undefined && factor !== undefined && Number(value) > 0) return Number(value) * factor
  if (value !== undefined && unit !== '' && factor === undefined)
    throw new InvalidArgumentError(`Unknown unit ${unit}. Use us, ms or s, such as 20ms.`)
  throw new InvalidArgumentError('Give a time above 0 with its unit, such as 20ms.')
}
