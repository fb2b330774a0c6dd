/** The last part of a path; `builtin:TASK` is unchanged. */
export function shortName(place: string): string {
  return place.split(/[\\/]/).filter(Boolean).at(-1) ?? place
}
