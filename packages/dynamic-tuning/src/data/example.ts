/**
 * Where an image comes from: a file, a range of bytes in a tar archive, bare pixels inside a file, or a drawing made at run time.
 */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'tar'
      readonly archive: string
      readonly offset: number
      readonly size: number
      readonly name: string
    }
  | PackedSource
  | { readonly kind: 'drawn'; readonly task: string; readonly seed: number; readonly index: number }

/** 8-bit RGB pixels without any header: `3 * height * width` bytes of a file, all red ones first, then green, then blue. */
export interface PackedSource {
  readonly kind: 'packed'
  readonly file: string
  /** What the file holds where it is compressed, unpacked; threads share it. */
  readonly unpacked?: SharedArrayBuffer
  /** Where the pixels begin in `unpacked`, or else in the file. */
  readonly offset: number
  readonly width: number
  readonly height: number
  /** How the bytes of a plane follow one another: row after row, or (MATLAB) column after column. */
  readonly plane: 'rows' | 'columns'
  /** The image's place in its part of the dataset, padded: `00017`. */
  readonly name: string
}

/** An entry of a dataset: an image or a clip, and what is known of it, such as the index of its class (see `Truth`). */
export interface Example<T = unknown> {
  readonly source: ImageSource
  readonly truth: T
}

/** Names of what examples may know of themselves: one class, or a set of classes. */
export type TruthName = 'class' | 'labels'

/** Images or clips with their truth, in three parts. `validation` is what is reported while training. */
export interface Dataset<T = unknown> {
  readonly name: string
  /** What `truth` of the examples is; absent: the index of a class. */
  readonly truth?: TruthName
  /** `FILE:LINE` of the first example with several labels, where there is one. */
  readonly severalAt?: string
  /** Images where nothing is said. */
  readonly kind?: 'images' | 'clips'
  readonly classes: readonly string[]
  readonly train: readonly Example<T>[]
  readonly validation: readonly Example<T>[]
  readonly test: readonly Example<T>[]
  /** Clips that are listed and not there, left out. */
  readonly missing?: readonly string[]
  /** Publications report a mean over its classes, however many images each has; absent: over images. */
  readonly average?: 'classes'
}

/** How messages name an image: its path, `archive.tar:name`, its place in a file, or the drawing's task and index. */
export function sourceName(source: ImageSource): string {
  if (source.kind === 'file') return source.path
  if (source.kind === 'tar') return `${source.archive}:${source.name}`
  if (source.kind === 'packed') return `${source.file}, image ${source.name}`
  return `builtin:${source.task}, image ${source.index}`
}
