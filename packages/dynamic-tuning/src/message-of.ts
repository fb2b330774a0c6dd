/** The message of an error, to be included in another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
