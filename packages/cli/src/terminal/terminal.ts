import { type Paint, paintFor, type TextOutput } from './output.ts'
import { createProgress, type Progress } from './progress.ts'
import { shown } from './width.ts'
import { fitted } from './wrap.ts'

/** Output of a command: results on stdout, everything else on stderr. */
export interface Terminal {
  /** Colours of stdout. */
  readonly paint: Paint
  /** Colours of stderr. */
  readonly notePaint: Paint
  readonly json: boolean
  /** The live line of a long job, on stderr. */
  readonly progress: Progress
  /** Prints the result, once: `document` with --json, else the text. */
  result(document: object, text: () => string): void
  /** Prints a permanent line on stderr, above the live line; not with --quiet. */
  note(line: string): void
}

/** Options of a terminal. */
export interface TerminalOptions {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly stdout?: TextOutput
  readonly stderr?: TextOutput
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process, or one for other outputs. */
export function createTerminal(options: TerminalOptions = {}): Terminal {
  const { json = false, quiet = false, environment = process.env } = options
  const { stdout = process.stdout, stderr = process.stderr } = options
  const progress = createProgress({ output: stderr, quiet, environment })
  const paint = paintFor(stdout, environment)
  return {
    paint,
    notePaint: paintFor(stderr, environment),
    json,
    progress,
    result(document, text) {
      progress.stop()
      stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : fitted(shown(text()), paint.columns))
    },
    note: (line) => progress.log(shown(line)),
  }
}
