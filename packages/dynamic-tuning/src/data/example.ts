/** Where an image comes from: a file, a range of bytes in a tar archive, or a drawing made at run time. */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'tar'
      readonly archive: string
      readonly offset: number
      readonly size: number
      readonly name: string
    }
  | { readonly kind: 'drawn'; readonly task: string; readonly seed: number; readonly index: number }

/** An image and the index of its class. */
export interface Example {
  readonly source: ImageSource
  readonly label: number
}

/** Labelled images or clips in three parts. `validation` is what is reported while training. */
export interface Dataset {
  readonly name: string
  /** Images where nothing is said. */
  readonly kind?: 'images' | 'clips'
  readonly classes: readonly string[]
  readonly train: readonly Example[]
  readonly validation: readonly Example[]
  readonly test: readonly Example[]
  /** Clips that are listed and not there, left out. */
  readonly missing?: readonly string[]
}

/** How messages name an image: its path, `archive.tar:name`, or the drawing's task and index. */
export function sourceName(source: ImageSource): string {
  if (source.kind === 'file') return source.path
  if (source.kind === 'tar') return `${source.archive}:${source.name}`
  return `builtin:${source.task}, image ${source.index}`
}
