/** All heads that label pixels. */
export const segmentationHeads = ['linear', 'upernet'] as const

/**
 * `linear`: one 1x1 convolution over the patch tokens after the final norm, as in DINOv2's linear evaluation
 * (arXiv:2304.07193). `upernet`: pyramid pooling and a feature pyramid (arXiv:1807.10221).
 */
export type SegmentationHeadName = (typeof segmentationHeads)[number]

/** Settings of a head that labels pixels, as stored in runs. */
export interface SegmentationSettings {
  /** Default: UPerNet, or a linear head for backbones of less than 384 features. */
  readonly head?: SegmentationHeadName | undefined
  /** M, features of UPerNet's maps. Default: the width of a ViT, 512 on a Swin, as official ones. */
  readonly channels?: number | undefined
  /** Features of UPerNet's auxiliary head, which exists in training only. Default 256. */
  readonly auxiliaryChannels?: number | undefined
  /** Share of features that are dropped before logits in training, for whole maps. Default: UPerNet's 0.1. */
  readonly dropout?: number | undefined
  /**
   * Layers of a ViT that UPerNet reads, from the one for the finest map to the one for the coarsest. Default:
   * those at 1/3, 1/2, 2/3 and the end: 3, 5, 7 and 11 of 12.
   */
  readonly layers?: readonly number[] | undefined
}
