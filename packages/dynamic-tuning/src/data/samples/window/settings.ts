import { z } from 'zod'
import * as setting from '../../../setting.ts'

/** How pictures are evaluated. */
export const windowWays = ['slide', 'whole'] as const

const ratio = z.number().positive().max(16)
const help = {
  windows: "how a picture is evaluated: in overlapping windows of the model's size, or resized to it",
  ratioRange: 'range of the random scale of training pictures',
  catMaxRatio: 'largest share of a class in the window that is trained on; windows above it are drawn again',
}

/** Settings of tasks on pictures with label maps, which models see in windows; named as in mmsegmentation. */
export const windowSettings = setting.grouped('Windows of pictures:', {
  windows: setting.choice(windowWays, {
    default: 'slide',
    help: help.windows,
    argument: '<how>',
    ofAnswers: true,
  }),
  stride: setting.whole({
    optional: true,
    least: 1,
    help: 'pixels from one window to the next',
    argument: '<n>',
    usual: "2/3 of the model's size: 341 of 512",
    ofAnswers: true,
  }),
  scales: setting.numbers({
    default: [1],
    above: 0,
    most: 16,
    help: 'scales at which a picture is evaluated, and whose logits are averaged',
    argument: '<list>',
    ofAnswers: true,
  }),
  flipTest: setting.onOff({ default: false, help: 'evaluate pictures mirrored too', ofAnswers: true }),
  shortSide: setting.whole({
    optional: true,
    least: 1,
    most: 8192,
    help: 'pictures are resized so that their shorter side has so many pixels',
    argument: '<n>',
    usual: "the model's size",
  }),
  longSide: setting.whole({
    optional: true,
    least: 1,
    most: 32_768,
    help: 'but their longer side at most so many',
    argument: '<n>',
    usual: 'four times the shorter: 2048 for 512',
  }),
  ratioRange: setting.other(
    z
      .tuple([ratio, ratio])
      .refine(([least, most]) => least <= most, 'the first must not be above the second')
      .readonly(),
    { kind: 'numbers', least: 0, most: 16 },
    { default: [0.5, 2], help: help.ratioRange, argument: '<least,most>' },
  ),
  catMaxRatio: setting.number({
    default: 0.75,
    above: 0,
    most: 1,
    help: help.catMaxRatio,
    argument: '<share>',
  }),
  photometric: setting.onOff({
    default: true,
    help: 'change brightness, contrast, saturation and hue of training pictures',
    without: 'leave the colours of training pictures as they are',
  }),
})

/** Values of `windowSettings`. */
export type WindowSettings = setting.ValuesOf<typeof windowSettings>

const defaults = setting.defaultsOf(windowSettings)

/** The settings of windows among those of a run or a loader, with defaults filled in. */
export function completeWindows(given: setting.SomeOf<typeof windowSettings>): WindowSettings {
  const names = Object.keys(windowSettings)
  const own = Object.entries(given).filter(([name, value]) => names.includes(name) && value !== undefined)
  return { ...defaults, ...Object.fromEntries(own) }
}
