const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]/u
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}/u
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

/**
 * Width of a text on a terminal in columns: 2 for East Asian wide letters and emoji, 0 for combining marks.
 */
export function displayWidth(text: string): number {
  let columns = 0
  for (const { segment } of graphemes.segment(text)) columns += graphemeWidth(segment)
  return columns
}

/** Cuts a text to at most `columns`, ending in "…" if something was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment)
    if (used > columns - 1) break
    kept += segment
  }
  return columns > 0 ? `${kept}…` : ''
}

/** Removes line breaks and control characters, which could move the cursor or set colours. */
export function printable(text: string): string {
  return text.replace(/[\t\r\n]+/g, ' ').replace(/\p{Cc}/gu, '\ufffd')
}

/**
 * Replaces control characters but line breaks, tabs and styles (`paintFor`), so that a name out of a file can
 * do no more to the terminal than colour its line.
 */
export function shown(text: string): string {
  return text.replace(/\p{Cc}(?:\[\d+m)?/gu, (found) =>
    /^[\n\t]/.test(found) || found.startsWith('\u001b[') ? found : `\ufffd${found.slice(1)}`,
  )
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1
}
