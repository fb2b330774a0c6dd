/**
 * Source of an image: a file, a range of bytes in a tar archive, bare pixels inside a file,
 * or a drawing made at run time.
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

/**
 * 8-bit RGB pixels without any header: `3 * height * width` bytes of a file, first
 * red, then green, then blue.
 */
export interface PackedSource {
  readonly kind: 'packed'
  readonly file: string
  /** Decompressed content of a compressed file; shared by threads. */
  readonly unpacked?: SharedArrayBuffer
  /** Offset of the pixels in `unpacked`, or in the file if there is no `unpacked`. */
  readonly offset: number
  readonly width: number
  readonly height: number
  /** Order of the bytes of a plane: row by row, or column by column (MATLAB). */
  readonly plane: 'rows' | 'columns'
  /** Index of the image in its part of the dataset, padded: `00017`. */
  readonly name: string
}

/** An image or clip of a dataset with its truth, such as the index of its class (see `Truth`). */
export interface Example<T = unknown> {
  readonly source: ImageSource
  readonly truth: T
}

/** Names of the kinds of truth: one class, a set of classes, or a class for every pixel. */
export type TruthName = 'class' | 'labels' | 'map'

/** Images or clips with their truth, in three parts. `validation` is evaluated during training. */
export interface Dataset<T = unknown> {
  readonly name: string
  /** Kind of the examples' truth. Default `class`. */
  readonly truth?: TruthName
  /** `FILE:LINE` of the first example with several labels, if there is one. */
  readonly severalAt?: string
  /** Default `images`. */
  readonly kind?: 'images' | 'clips'
  readonly classes: readonly string[]
  readonly train: readonly Example<T>[]
  readonly validation: readonly Example<T>[]
  readonly test: readonly Example<T>[]
  /** Left out: images or clips that are listed but missing, and images without a mask. */
  readonly missing?: readonly string[]
  /** Masks that belong to no image. */
  readonly unused?: readonly string[]
  /** Files of the class folders that are pictures in formats that cannot be read, such as HEIC. */
  readonly unread?: readonly string[]
  /** What people should know about the data, such as classes that nobody named. */
  readonly notes?: readonly string[]
  /** Colours of the classes, red, green and blue from 0 to 255, for pictures of masks. */
  readonly colours?: readonly (readonly [number, number, number])[]
  /** Set to `classes` if publications report a mean over classes rather than over images. */
  readonly average?: 'classes'
}

/**
 * Name of an image in error messages: its path, `archive.tar:name`, its place in a file, or
 * the drawing's task and index.
 */
export function sourceName(source: ImageSource): string {
  if (source.kind === 'file') return source.path
  if (source.kind === 'tar') return `${source.archive}:${source.name}`
  if (source.kind === 'packed') return `${source.file}, image ${source.name}`
  return `builtin:${source.task}, image ${source.index}`
}
