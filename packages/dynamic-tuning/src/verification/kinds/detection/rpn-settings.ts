import { z } from 'zod'

const count = z.int().positive()
const pair = z.tuple([count, count])
const parts = z.looseObject({ train: count, test: count })

/** `config.json` of a proposal network; values that the library does not support are refused. */
export const rpnFields = z.looseObject({
  kind: z.literal('rpn'),
  ...{ image_sizes: z.array(pair), levels: z.array(z.string()), strides: z.array(count) },
  grid_sizes: z.array(pair),
  anchors: z.looseObject({
    ...{ sizes: z.array(z.number()), standard_sizes: z.array(z.number()) },
    ...{ aspect_ratios: z.tuple([z.literal(0.5), z.literal(1), z.literal(2)]), offset: z.literal(0) },
  }),
  matcher: z.looseObject({
    thresholds: z.tuple([z.literal(0.3), z.literal(0.7)]),
    allow_low_quality_matches: z.literal(true),
  }),
  box_weights: z.array(z.literal(1)),
  samples_per_image: count,
  smooth_l1_beta: z.literal(0),
  proposals: z.looseObject({
    ...{ nms_threshold: z.number(), min_box_size: z.literal(0) },
    ...{ pre_nms_topk: parts, post_nms_topk: parts },
  }),
})

/** Settings of a proposal network. */
export type RpnSettings = z.output<typeof rpnFields>
