import { DataError } from '../../errors.ts'
import type { Size } from '../sources/decode.ts'

/**
 * Checks that a mask has the size of its image.
 * @throws DataError naming both files and sizes
 */
export function checkMaskFits(image: Size, mask: Size, imageName: string, maskName: string): void {
  if (image.width === mask.width && image.height === mask.height) return
  const turned = image.width === mask.height && image.height === mask.width
  throw new DataError(
    `mask: ${maskName} has ${mask.width} x ${mask.height} pixels, its image ${imageName} ${image.width} x ${image.height}. ` +
      (turned
        ? 'The image is turned by its EXIF orientation: turn the mask too.'
        : 'Give both the same size (nearest neighbour for the mask).'),
  )
}
