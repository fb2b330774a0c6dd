/** What went wrong, as text to put into another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
