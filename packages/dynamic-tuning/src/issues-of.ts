import { z } from 'zod'

/** What a schema found wrong with a value, in one line: `Invalid input: expected number → at model.depth`. */
export function issuesOf(error: z.ZodError): string {
  return z
    .prettifyError(error)
    .replace(/✖ /g, '')
    .replace(/\s*\n\s*/g, ' ')
}
