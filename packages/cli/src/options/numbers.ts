import { InvalidArgumentError } from 'commander'

/** Reads a whole number of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`)
  }
}

/** Reads whole numbers of at least `least`, separated by commas. */
export function integers(least: number): (text: string) => number[] {
  return (text) => text.split(',').map(integer(least))
}

/** Reads a number from `least` to `most`. */
export function number(least: number, most: number = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(
      most === Number.POSITIVE_INFINITY
        ? `Give a number of at least ${least}.`
        : `Give a number from ${least} to ${most}.`,
    )
  }
}

/** Reads numbers from `least` to `most`, separated by commas. */
export function numbers(least: number, most?: number): (text: string) => number[] {
  return (text) => text.split(',').map(number(least, most))
}

/** Reads `224` or `192x256` (height x width) as [height, width]. */
export function imageSize(text: string): [number, number] {
  const [, height, width = height] = /^(\d+)(?:[x×,](\d+))?$/.exec(text) ?? []
  if (Number(height) > 0 && Number(width) > 0) return [Number(height), Number(width)]
  throw new InvalidArgumentError('Give a number of pixels such as 224, or HEIGHTxWIDTH.')
}

/** Reads one value, or a list of them as `16,16,8`. */
export function oneOrList<T>(readItem: (text: string) => T): (text: string) => T | T[] {
  return (text) =>
    text.includes(',') ? text.split(',').map((word) => readItem(word.trim())) : readItem(text)
}

/** Reads spatial and temporal views, `1x3`. */
export function views(text: string): [number, number] {
  const [, spatial, temporal] = /^([1-9]\d?)x([1-9]\d?)$/.exec(text) ?? []
  if (spatial === undefined || temporal === undefined)
    throw new InvalidArgumentError('Give spatial and temporal views, such as 1x3.')
  return [Number(spatial), Number(temporal)]
}
