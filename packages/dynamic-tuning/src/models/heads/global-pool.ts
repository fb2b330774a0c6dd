/** All kinds of pooling. */
export const globalPools = ['token', 'avg', 'token+avg'] as const

/**
 * What an image is classified from: `token`, the class token after `norm`; `avg`, the mean of the patch tokens alone,
 * before `fc_norm`; `token+avg`, both side by side after `norm`, which is DINOv2's linear classifier.
 */
export type GlobalPool = (typeof globalPools)[number]
