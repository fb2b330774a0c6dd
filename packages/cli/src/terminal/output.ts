/** An output for terminal text, such as `process.stdout` or `process.stderr`. */
export interface TextOutput {
  write(text: string): unknown
  /** True on a terminal that can redraw a line. */
  readonly isTTY?: boolean
  /** Width of the terminal in columns. */
  readonly columns?: number
}

/** Styles a text, or returns it unchanged if colours are off. */
export interface Paint {
  /** Width of the terminal; undefined for files and pipes, where lines may have any length. */
  readonly columns?: number | undefined
  bold(text: string): string
  dim(text: string): string
  accent(text: string): string
}

/** Colours for `output`: only on a terminal, and not if `NO_COLOR` is set (https://no-color.org). */
export function paintFor(
  output: TextOutput,
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  const on = output.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
  const style = (start: number, end: number) => (text: string) =>
    on && text !== '' ? `\u001b[${start}m${text}\u001b[${end}m` : text
  const columns = output.isTTY === true ? output.columns : undefined
  return { columns, bold: style(1, 22), dim: style(2, 22), accent: style(36, 39) }
}

/** No styles at all. */
export const plain: Paint = { bold: (text) => text, dim: (text) => text, accent: (text) => text }
