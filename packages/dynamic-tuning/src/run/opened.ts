/** What is open during some work, to be closed after it. */
export class Opened {
  private readonly closers: (() => Promise<void>)[] = []

  /** Takes a thing and closes it in the end. */
  add<T extends { release(): Promise<void> }>(thing: T): T {
    this.closers.push(() => thing.release())
    return thing
  }

  /** The same for a thing that is closed, not released. */
  addClosable<T extends { close(): Promise<void> }>(thing: T): T {
    this.closers.push(() => thing.close())
    return thing
  }

  /** Closes everything, the last opened first; one that fails does not stop the others. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const close of this.closers.reverse()) await close().catch((error: unknown) => errors.push(error))
    if (errors.length > 0) throw errors[0]
  }
}

/** Does some work and closes what it opened, also if it fails. */
export async function withOpened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = new Opened()
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
