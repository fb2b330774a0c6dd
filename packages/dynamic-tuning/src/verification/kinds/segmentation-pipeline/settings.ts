import { z } from 'zod'

const count = z.int().positive()
const pair = z.tuple([count, count])
const three = z.tuple([z.number(), z.number(), z.number()])
const deviations = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])
const change = z.number().nullable()
const ignored = z.int().min(0)

/** `config.json` of a fixture; values that the library does not support are refused. */
export const pipelineFields = z.looseObject({
  channel_order: z.literal('RGB'),
  sizes: z.looseObject({ base: pair }),
  resize: z.looseObject({ base: pair, ratios: z.array(z.number().positive()) }),
  crop: z.looseObject({
    size: pair,
    largest_class_share: z.number().positive().max(1),
    ignore_label: ignored,
  }),
  photometric: z.array(
    z.strictObject({
      brightness: change,
      contrast_first: z.boolean(),
      contrast: change,
      saturation: change,
      hue: change,
    }),
  ),
  chain: z.looseObject({
    ratio: z.number().positive(),
    flip: z.boolean(),
    crop: pair,
    offset: z.tuple([z.int().min(0), z.int().min(0)]),
    base: pair,
    mean: three,
    std: deviations,
    pad_image: z.literal(0),
    pad_label: ignored,
  }),
  test: z.looseObject({ scale: pair, mean: three, std: deviations }),
  schedule: z.looseObject({
    base_lr: z.number(),
    power: z.number(),
    min_lr: z.number(),
    warmup_iterations: z.int().min(0),
    warmup_ratio: z.number(),
  }),
})

/** Settings of a fixture. */
export type PipelineSettings = z.output<typeof pipelineFields>
/** One entry of `photometric`. */
export type PhotometricEntry = PipelineSettings['photometric'][number]
