/** A signal that is aborted at the first Ctrl-C (or SIGTERM); the second one ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Restores the default behaviour of Ctrl-C. */
  dispose(): void
}

/** Exit code of a program stopped by Ctrl-C: 128 + SIGINT. */
export const stoppedCode = 130

/** Listens for Ctrl-C; `onFirst` tells the user what happens next. */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController()
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(stoppedCode)
    controller.abort()
    onFirst()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.on(name, handle)
  return {
    signal: controller.signal,
    dispose() {
      for (const name of signals) process.off(name, handle)
    },
  }
}
