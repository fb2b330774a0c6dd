import { splits } from '../../data/options.ts'
import * as setting from '../../setting.ts'

/** Parts of the data that a finished model can be tested on. */
const testParts = ['test', 'validation'] as const

/** The images for training and test. */
export const dataSettings = {
  split: setting.choice(splits, {
    default: 'final',
    help: 'final trains on all but test images, search keeps some to choose settings by',
    argument: '<name>',
  }),
  validationShare: setting.number({
    default: 0.2,
    above: 0,
    below: 1,
    help: 'share of every class put aside where the data have no such images',
    argument: '<x>',
  }),
  trainSize: setting.whole({
    default: 1000,
    least: 1,
    help: 'images drawn of a built-in task',
    argument: '<n>',
  }),
  testSize: setting.whole({ default: 500, least: 1, help: 'the same for testing', argument: '<n>' }),
  /** The finished model is always tested on all test images. */
  validationImages: setting.whole({
    default: 500,
    least: 1,
    help: 'the most to evaluate on after an epoch',
    argument: '<n>',
    fileOnly: true,
  }),
  /** `validation` while settings are being chosen, which must not depend on test images. */
  testOn: setting.choice(testParts, {
    default: 'test',
    help: 'what the finished model is tested on',
    argument: '<part>',
    fileOnly: true,
  }),
}
