/** The word of `words` that `word` was probably meant to be: a third of its letters may differ, case and hyphens do not count. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
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
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries())
      next.push(
        Math.min(
          (row[j] as number) + Number(letter !== other),
          (row[j + 1] as number) + 1,
          (next[j] as number) + 1,
        ),
      )
    row = next
  }
  return row[to.length] as number
}
