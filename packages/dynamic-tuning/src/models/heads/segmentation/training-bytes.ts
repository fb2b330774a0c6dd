/** Sizes that decide the memory of a head that labels pixels. */
export interface DenseSizes {
  /** K */
  readonly classes: number
  /** [height, width] of the images in pixels. */
  readonly imageSize: readonly [number, number]
}

/** Floats kept per class and pixel by the loss, whose logits are enlarged to the labels. */
const ofLoss = 4
/** Floats kept per feature and place of UPerNet's finest map, over all of its convolution units there. */
const ofFinest = 24
/** All maps of a pyramid beside the finest: 1 + 1/4 + 1/16 + ... */
const ofPyramid = 4 / 3

/** Approximate bytes of the logits of an image and their loss in training. */
export function lossBytes({ classes, imageSize: [height, width] }: DenseSizes): number {
  return 4 * ofLoss * classes * height * width
}

/** The same with a UPerNet of `channels` features, whose finest map has so many `places`. */
export function uperBytes(sizes: DenseSizes, channels: number, places: number): number {
  return lossBytes(sizes) + 4 * ofFinest * ofPyramid * channels * places
}
