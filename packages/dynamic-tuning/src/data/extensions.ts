/** File name extensions that are taken for images. */
export const imageExtensions: readonly string[] = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif']

/** Whether a file name looks like an image: a known extension, and not hidden. */
export function isImageName(name: string): boolean {
  const base = name.slice(name.lastIndexOf('/') + 1)
  const dot = base.lastIndexOf('.')
  return dot > 0 && !base.startsWith('.') && imageExtensions.includes(base.slice(dot + 1).toLowerCase())
}
