import { displayWidth } from './width.ts'

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
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line)
      line = indent + word
    } else line = longer
  }
  return [...lines, line].join('\n')
}
