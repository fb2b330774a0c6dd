/** All kinds of pooling. */
export const globalPools = ['token', 'avg', 'token+avg'] as const

/**
 * Input of an image classifier: `token`, the class token after `norm`; `avg`, the mean of the patch tokens,
 * before `fc_norm`; `token+avg`, both concatenated after `norm`, which is DINOv2's linear classifier.
 */
export type GlobalPool = (typeof globalPools)[number]
