/** Tokens that a head reads from a backbone. */
export interface Tap {
  /** Number of the layer whose output is read, from 0. Absent: the output of the backbone. */
  readonly layer?: number
  /** True if the tokens are read after the final norm. */
  readonly normed: boolean
  /** The class token [I, 1, C], the patches [I, N, C], or all tokens [I, P + N, C], class token first. */
  readonly tokens: 'class' | 'patches' | 'all'
}

/** Everything that a head reads, in order. */
export type Taps = readonly Tap[]

/** True if only the class token is used of the last of `depth` layers. */
export function readsClassToken(taps: Taps, depth: number): boolean {
  return taps.every(({ layer = depth - 1, tokens }) => layer < depth - 1 || tokens === 'class')
}
