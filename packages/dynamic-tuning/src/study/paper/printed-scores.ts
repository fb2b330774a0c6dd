/** What the paper prints of a table: top-1 in percent. */
export interface PrintedScores {
  readonly table: number
  /** The columns: titles of complete sets, names of VTAB-1K's tasks, and `VTAB-1K` for their mean. */
  readonly sets: readonly string[]
  /** Figures by the row's name, in the order of `sets`. */
  readonly rows: Readonly<Record<string, readonly number[]>>
}
