import { resizeModes } from '../../data/transforms/transforms.ts'
import * as setting from '../../setting.ts'

/** Random changes to training images, by name: see `augmentations`. */
export const augmentationNames = [
  'none',
  'resized-crop',
  'light',
  'strong',
  'short-side',
  'rand-augment',
] as const

/** One of `augmentationNames`. */
export type Augmentation = (typeof augmentationNames)[number]

/** How images are resized and augmented. */
export const imageSettings = {
  augment: setting.choice(augmentationNames, {
    help: 'random changes to training images; light suits photos of things',
    argument: '<how>',
    usual: 'none, short-side for videos',
  }),
  mixup: setting.number({
    default: 0,
    least: 0,
    help: 'mix images in pairs, by shares from Beta(alpha, alpha)',
    argument: '<alpha>',
    usual: '0, none',
  }),
  cutmix: setting.number({
    default: 0,
    least: 0,
    help: 'put a box of another image into each, its area from Beta(alpha, alpha)',
    argument: '<alpha>',
  }),
  resize: setting.choice(resizeModes, {
    default: 'squash',
    help: 'how images of another shape are fitted',
    argument: '<how>',
    usual: 'squash, videos crop',
  }),
  cropRatio: setting.number({
    optional: true,
    above: 0,
    most: 1,
    help: 'with resize crop, the shorter side becomes size / this before the centre is taken: 0.875 for 256 and 224',
    argument: '<share>',
    usual: '1',
    fileOnly: true,
  }),
}
