import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** Reads an amount of memory such as `2GB` or `512MiB` as bytes. */
export function byteSize(text: string): number {
  const [, value, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text) ?? []
  const factor = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1]
  if (value !== undefined && factor !== undefined) return Math.round(Number(value) * factor)
  throw new InvalidArgumentError('Give bytes with a unit, such as 512MB or 2GB.')
}
