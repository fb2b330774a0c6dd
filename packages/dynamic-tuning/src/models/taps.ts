/** Tokens that a head reads of a backbone. */
export interface Tap {
  /** Number of the layer whose output it reads, from 0. Absent: what leaves the backbone. */
  readonly layer?: number
  /** True: after the final norm. */
  readonly normed: boolean
  /** The class token alone [I, 1, C], the patches alone [I, N, C], or all tokens [I, P + N, C], class token first. */
  readonly tokens: 'class' | 'patches' | 'all'
}

/** Everything a head reads, in the order in which it is given. */
export type Taps = readonly Tap[]

/** True if nothing but the class token is used of what the last of `depth` layers gives. */
export function readsClassToken(taps: Taps, depth: number): boolean {
  return taps.every(({ layer = depth - 1, tokens }) => layer < depth - 1 || tokens === 'class')
}
