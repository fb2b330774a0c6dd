/** File name extensions of images. */
export const imageExtensions: readonly string[] = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif']

/** File name extensions of pictures that cannot be decoded here. */
const unreadExtensions: readonly string[] = [
  ...[
    'heic',
    'heif',
    'hif',
    'bmp',
    'jxl',
    'jp2',
    'psd',
    'svg',
    'dng',
    'cr2',
    'cr3',
    'nef',
    'arw',
    'raf',
    'orf',
  ],
]

/** File name extensions of videos. */
export const videoExtensions: readonly string[] = [
  ...['mp4', 'm4v', 'mov', 'webm', 'mkv', 'avi', 'mpg', 'mpeg', 'ts', 'm2ts', 'flv', 'wmv', 'ogv', '3gp'],
]

/** True if a file name has an extension of images and is not hidden. */
export const isImageName = (name: string): boolean => hasExtension(name, imageExtensions)

/** True if a file name has an extension of pictures that cannot be decoded here, and is not hidden. */
export const isUnreadName = (name: string): boolean => hasExtension(name, unreadExtensions)

/** True if a file name has an extension of videos and is not hidden. */
export const isVideoName = (name: string): boolean => hasExtension(name, videoExtensions)

function hasExtension(name: string, extensions: readonly string[]): boolean {
  const base = name.slice(name.search(/[^/\\]*$/))
  const dot = base.lastIndexOf('.')
  return dot > 0 && !base.startsWith('.') && extensions.includes(base.slice(dot + 1).toLowerCase())
}
