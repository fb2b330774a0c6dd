import { windowSettings } from '../../data/samples/window/settings.ts'
import { segmentationHeads } from '../../models/heads/segmentation/settings.ts'
import type { SegmentationChoice } from '../../models/named-model.ts'
import * as setting from '../../setting.ts'

/** Settings of the head that labels pixels. */
export const headSettings = setting.grouped('Heads that label pixels:', {
  head: setting.choice(segmentationHeads, {
    optional: true,
    help: 'a linear map of every patch, or UPerNet with its auxiliary head',
    argument: '<name>',
    usual: 'upernet from 384 features on, linear below',
  }),
  headChannels: setting.whole({
    optional: true,
    least: 1,
    most: 4096,
    help: "features of UPerNet's maps",
    argument: '<n>',
    usual: 'the width of a ViT, 512 on a Swin',
  }),
  auxiliaryChannels: setting.whole({
    optional: true,
    least: 1,
    most: 4096,
    help: "features of UPerNet's auxiliary head, used in training alone",
    argument: '<n>',
    usual: '256',
    fileOnly: true,
  }),
  headDropout: setting.number({
    optional: true,
    least: 0,
    below: 1,
    help: 'share of features that a head drops in training, for whole maps',
    argument: '<x>',
    usual: "0.1 of UPerNet's, none of a linear head's",
  }),
})

/** Settings of runs that label pixels. */
export const segmentationSettings = { ...headSettings, ...windowSettings }

/** The head of a model that labels pixels, by the settings of its run. */
export function chosenHead(settings: setting.SomeOf<typeof headSettings>): SegmentationChoice {
  const { head, headChannels, auxiliaryChannels, headDropout } = settings
  return {
    segmentation: { head, channels: headChannels, auxiliaryChannels, dropout: headDropout },
  }
}
