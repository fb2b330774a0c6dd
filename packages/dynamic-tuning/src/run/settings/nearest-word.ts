/** Longer words are no misspelled ones, and comparing them takes long. */
const longestWord = 100

/**
 * The closest of `words` if it differs from `word` in at most a third of the letters, ignoring
 * case and hyphens.
 */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  if (word.length > longestWord) return undefined
  const wanted = bare(word)
  const ranked = words
    .map((candidate) => ({ candidate, distance: editDistance(wanted, bare(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined
}

const bare = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, '')

/** Letters to insert, delete or replace to turn one word into the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
  // Distance of each prefix of `to` from the part of `from` that has been read.
  let row = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (const [i, letter] of [...from].entries()) {
    let left = i + 1
    const [first = 0, ...above] = row
    let corner = first
    row = [left]
    for (const [j, up] of above.entries()) {
      left = Math.min(corner + Number(letter !== to[j]), up + 1, left + 1)
      corner = up
      row.push(left)
    }
  }
  return row.at(-1) ?? 0
}
