import { z } from 'zod'

const count = z.int().positive()
const pair = z.tuple([count, count])

/** `config.json` of the heads of regions; values that the library does not support are refused. */
export const roiFields = z.looseObject({
  kind: z.literal('roi'),
  ...{ image_sizes: z.array(pair), levels: z.array(z.enum(['p2', 'p3', 'p4', 'p5'])).length(4) },
  ...{ strides: z.array(count), num_classes: count },
  pooler: z.looseObject({
    ...{ box_size: count, mask_size: count, sampling_ratio: z.literal(0), aligned: z.literal(true) },
    ...{ canonical_box_size: count, canonical_level: count },
    ...{ standard_canonical_box_size: z.literal(224), standard_canonical_level: z.literal(4) },
  }),
  box_head: z.looseObject({ conv_dims: z.array(count).length(4), fc_dims: z.array(count).length(1) }),
  mask_head: z.looseObject({ conv_dims: z.array(count).length(4), output_size: count }),
  smooth_l1_beta: z.literal(0),
  class_agnostic_boxes: z.literal(false),
  matcher: z.looseObject({ threshold: z.literal(0.5), append_ground_truth: z.literal(true) }),
  inference: z.looseObject({
    ...{ score_threshold: z.number(), nms_threshold: z.number(), detections_per_image: count },
    ...{ mask_threshold: z.literal(0.5), output_sizes: z.array(pair) },
    ...{ category_ids: z.array(z.int()), image_ids: z.array(z.int()) },
  }),
})

/** Settings of the heads of regions. */
export type RoiSettings = z.output<typeof roiFields>
