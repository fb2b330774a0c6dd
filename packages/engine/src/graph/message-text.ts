/** Most characters of a message: names out of a damaged file can have megabytes. */
const longest = 2000
/** Characters kept of the end, which says what to do. */
const ending = 500

/** Control characters, those that turn the direction of writing, and halves of characters. */
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * A text as one line that is safe to print: characters that would move a terminal's cursor, colour it or turn
 * the text around are written as `\x1b` or `\u202e`, and the middle of a text of over 2000 characters is left
 * out. Messages of errors are made so, since they quote names out of files.
 */
export function messageText(text: string): string {
  return cut(cut(text).replace(unsafe, escaped))
}

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return (
    short[character] ??
    (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  )
}

function cut(text: string): string {
  if (text.length <= longest) return text
  const middle = ` … (${text.length} characters) … `
  return `${text.slice(0, longest - ending - middle.length)}${middle}${text.slice(-ending)}`
}
