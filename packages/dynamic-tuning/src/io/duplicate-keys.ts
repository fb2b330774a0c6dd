import { endOfString } from './parse-json.ts'

/**
 * The first key that occurs twice within one object of a JSON text; undefined if there is none.
 * `text` must have passed JSON.parse, which silently keeps the last of equal keys.
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  let last: string | undefined
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      last = text.slice(at, end + 1)
      at = end
    } else if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === ':' && last !== undefined) {
      const key: string = JSON.parse(last)
      const keys = open.at(-1)
      if (keys?.has(key)) return key
      keys?.add(key)
    }
  }
  return undefined
}
