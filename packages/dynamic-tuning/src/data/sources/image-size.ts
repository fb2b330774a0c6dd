import { DataError } from '../../errors.ts'
import { readRegularLater } from '../../io/regular-file.ts'
import { messageOf } from '../../message-of.ts'
import type { ImageSource } from '../example.ts'
import { maxFileBytes, type Size } from './decode.ts'
import { looksLikeImage } from './image-signature.ts'
import { loadSharp } from './load-sharp.ts'

/**
 * Width and height of an image file as `decode` gives them, from its header; undefined for images that are no
 * files of their own.
 * @throws DataError naming the file if it has no header of an image
 */
export async function imageSize(source: ImageSource): Promise<Size | undefined> {
  if (source.kind !== 'file') return undefined
  try {
    const bytes = await readRegularLater(source.path, maxFileBytes)
    if (!looksLikeImage(bytes)) throw new Error('it is not an image')
    const { autoOrient } = await loadSharp()(bytes).metadata()
    return { width: autoOrient.width, height: autoOrient.height }
  } catch (error) {
    throw new DataError(`read: cannot look at image ${source.path}: ${messageOf(error)}`)
  }
}
