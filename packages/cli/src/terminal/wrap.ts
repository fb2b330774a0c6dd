import { displayWidth } from './width.ts'

/**
 * Wraps the lines of a text that a terminal has no room for; those that begin with a blank, such as commands
 * to copy, stay whole.
 */
export function fitted(text: string, columns: number | undefined): string {
  if (columns === undefined) return text
  return text
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : wrapLine(line, '  ', columns)))
    .join('\n')
}

/** Wraps a text into lines of at most `columns`; all but the first begin with `indent`. */
export function wrapped(text: string, indent = '', columns = 80): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, indent, columns))
    .join('\n')
}

function wrapLine(text: string, indent: string, columns: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(unstyled(longer)) > columns) {
      lines.push(line)
      line = indent + word
    } else line = longer
  }
  return [...lines, line].join('\n')
}

function unstyled(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: styles begin with a control character
  return text.replace(/\u001b\[\d+m/g, '')
}
