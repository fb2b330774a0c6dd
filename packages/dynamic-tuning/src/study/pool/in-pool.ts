/** What bounds the items that are worked on at a time. */
export interface PoolLimits<T> {
  /** Most items at a time. */
  readonly jobs: number
  /** Most of `sizeOf` together; an item that is larger than that by itself is worked on alone. Default no limit. */
  readonly room?: number | undefined
  /** Asked anew whenever there may be room: it may learn from items that are done. Default 0. */
  readonly sizeOf?: (item: T) => number
}

/**
 * Does `work` for all items in their order, as many at a time as the limits allow; where one does not fit, a later one that
 * does may go first. The first rejection rejects.
 */
export async function inPool<T>(
  items: readonly T[],
  { jobs, room = Number.POSITIVE_INFINITY, sizeOf = () => 0 }: PoolLimits<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const busy = new Map<T, Promise<T>>()
  const fits = (item: T): boolean => {
    if (busy.size === 0) return true
    const taken = [...busy.keys()].reduce((sum, each) => sum + sizeOf(each), 0)
    return taken + sizeOf(item) <= room
  }
  while (waiting.length > 0 || busy.size > 0) {
    for (let i = 0; i < waiting.length && busy.size < jobs; )
      if (fits(waiting[i] as T)) {
        const [item] = waiting.splice(i, 1) as [T]
        busy.set(
          item,
          work(item).then(() => item),
        )
      } else i++
    busy.delete(await Promise.race(busy.values()))
  }
}
