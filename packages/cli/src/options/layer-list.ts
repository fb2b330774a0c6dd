import { InvalidArgumentError } from 'commander'

/** Reads layers such as `0-5,8` as [0, 1, 2, 3, 4, 5, 8]. */
export function layerList(text: string): number[] {
  return text.split(',').flatMap((word) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(word) ?? []
    const count = Number(last) - Number(first) + 1
    if (!(count >= 1 && count <= 1024)) throw new InvalidArgumentError('Give layers such as 0-5,8.')
    return Array.from({ length: count }, (_, i) => Number(first) + i)
  })
}
