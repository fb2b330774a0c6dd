/** Deepest nesting of lists and objects: far more than any file here needs, far less than a stack holds. */
const deepest = 100

/**
 * The value of a JSON text. Lists and objects may be nested 100 levels deep: whatever walks through the value
 * would run out of stack otherwise.
 * @throws SyntaxError if it is not JSON, or nested too deeply
 */
export function parseJson(text: string): unknown {
  checkDepth(text)
  return JSON.parse(text)
}

function checkDepth(text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    if (depth > deepest)
      throw new SyntaxError(`it is nested deeper than ${deepest} levels at character ${at}`)
  }
}

/** Index of the quote that closes the string opened at `start`, or the end of the text. */
export function endOfString(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end
}
