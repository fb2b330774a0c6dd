/** The last part of a path; `builtin:TASK` as it is. */
export function shortName(place: string): string {
  return place.split(/[\\/]/).filter(Boolean).at(-1) ?? place
}
