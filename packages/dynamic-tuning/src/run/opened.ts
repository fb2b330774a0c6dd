/** Resources that are open during some work and closed after it. */
export class Opened {
  private readonly closers: (() => Promise<void>)[] = []

  /** Adds a resource that is released at the end. */
  add<T extends { release(): Promise<void> }>(thing: T): T {
    this.closers.push(() => thing.release())
    return thing
  }

  /** Adds a resource that is closed at the end. */
  addClosable<T extends { close(): Promise<void> }>(thing: T): T {
    this.closers.push(() => thing.close())
    return thing
  }

  /** Closes everything, the last opened first; a failure does not stop the rest. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const close of this.closers.reverse()) await close().catch((error: unknown) => errors.push(error))
    if (errors.length > 0) throw errors[0]
  }
}

/** Does some work and closes everything it opened, even if it fails. */
export async function withOpened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = new Opened()
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}
