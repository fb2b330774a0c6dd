const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Control characters are illegal in XML even when escaped; one in a class name would break a whole SVG.
const illegal = /[^\t\n\r\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/** Text made safe for HTML and SVG content and for quoted attributes; control characters become U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(illegal, '\ufffd').replace(/[&<>"']/g, (c) => entities[c] ?? c)
}
