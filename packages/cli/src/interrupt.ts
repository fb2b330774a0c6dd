/** A signal raised at the first Ctrl-C (or SIGTERM); the second one ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void
}

/** What shells expect of a program that Ctrl-C stopped: 128 + SIGINT. */
export const stoppedCode = 130

/** Listens for Ctrl-C; `onFirst` says to the user what happens now. */
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
