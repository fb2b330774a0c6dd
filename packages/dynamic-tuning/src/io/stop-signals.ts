/**
 * Signals that ask a process to stop: Ctrl-C, `kill`, a terminal that is closed, and those that batch systems
 * send before the time is up.
 */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** A signal that a user sends again to quit at once. A closing terminal may send its own twice. */
const urgent: readonly string[] = ['SIGINT', 'SIGTERM']

/** Exit code of a stopped program: 128 + SIGINT. */
export const stoppedCode = 130

/** Listens for signals of the operating system. */
export interface StopListener {
  /** Aborted at the first of `stopSignals`. */
  readonly signal: AbortSignal
  /** Restores the default behaviour of the signals. */
  dispose(): void
}

/**
 * Turns the signals of the operating system that ask to stop into an abort signal. A second Ctrl-C, or a
 * second SIGTERM, ends the process at once. `onFirst` is called at the first of any.
 */
export function listenForStop(onFirst: () => void = () => {}): StopListener {
  const controller = new AbortController()
  const seen = new Set<string>()
  const handle = (name: NodeJS.Signals): void => {
    if (seen.has(name) && urgent.includes(name)) process.exit(stoppedCode)
    seen.add(name)
    if (controller.signal.aborted) return
    controller.abort()
    onFirst()
  }
  for (const name of stopSignals) process.on(name, handle)
  return {
    signal: controller.signal,
    dispose() {
      for (const name of stopSignals) process.off(name, handle)
    },
  }
}
