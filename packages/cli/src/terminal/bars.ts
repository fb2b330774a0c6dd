const levels = '▁▂▃▄▅▆▇█'

/** Shares from 0 to 1 as a row of bars, one letter each. */
export function bars(shares: readonly number[]): string {
  return shares
    .map(
      (share) => levels[Math.min(levels.length - 1, Math.max(0, Math.floor(share * levels.length)))] ?? ' ',
    )
    .join('')
}
