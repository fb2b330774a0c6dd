/** How long a connection may be silent, and who may end it. */
export interface StallControl {
  readonly signal?: AbortSignal | undefined
  /** Seconds without a byte after which a connection counts as cut. Default 30. */
  readonly stallSeconds?: number | undefined
}

/** Ends a request that has become silent. */
export interface StallTimer {
  /** For the request: aborts if `alive` is not called for a while, or with the caller's signal. */
  readonly signal: AbortSignal
  /** To be called for each piece that comes. */
  alive(): void
  stop(): void
}

/** Starts a timer for one request. Call `stop` when the request has ended. */
export function stallTimer({ stallSeconds = 30, signal }: StallControl): StallTimer {
  const controller = new AbortController()
  const abort = (): void => controller.abort(new Error(`nothing came for ${stallSeconds} s`))
  let timer = setTimeout(abort, 1000 * stallSeconds)
  const stopped = (): void => controller.abort(new Error('stopped'))
  if (signal?.aborted) stopped()
  signal?.addEventListener('abort', stopped, { once: true })
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer)
      timer = setTimeout(abort, 1000 * stallSeconds)
    },
    stop() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
    },
  }
}
