/** Limits of a pool. */
export interface PoolLimits<T> {
  /** Maximum number of concurrent items. */
  readonly jobs: number
  /** Maximum sum of `sizeOf` over concurrent items; a larger item runs alone. Default no limit. */
  readonly room?: number | undefined
  /** Called again whenever an item may start, so it may depend on finished items. Default 0. */
  readonly sizeOf?: (item: T) => number
}

/**
 * Runs `work` for all items in order, as many at a time as the limits allow. A later item that fits
 * may start before one that does not. Rejects at the first rejection.
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
    for (const item of [...waiting]) {
      if (busy.size >= jobs || !fits(item)) continue
      waiting.splice(waiting.indexOf(item), 1)
      busy.set(
        item,
        work(item).then(() => item),
      )
    }
    busy.delete(await Promise.race(busy.values()))
  }
}
