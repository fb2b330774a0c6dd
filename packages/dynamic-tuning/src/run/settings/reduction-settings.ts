import { z } from 'zod'
import { noReduction, type ReductionOptions, reductionNames } from '../../reduction/options.ts'
import * as setting from '../../setting.ts'
import { layerNumbers } from './dispatch-settings.ts'

/** One value, or one for each of several layers. */
const oneOrList = <T>(item: z.ZodType<T>) => z.union([item, z.array(item).min(1).readonly()])
const share = z.number().gt(0).max(1)

/** Settings of token reduction. */
export const reductionSettings = setting.grouped('Token reduction:', {
  reduction: setting.choice(reductionNames, {
    default: noReduction.reduction,
    help: 'run on fewer tokens, with any method',
    argument: '<name>',
    several: 'two reductions would each decide which tokens leave, choose one',
  }),
  tomeR: setting.other(
    oneOrList(z.int().min(0)),
    { kind: 'oneOrList', item: { kind: 'whole', least: 0 } },
    {
      default: noReduction.tomeR,
      help: 'tome: tokens merged in every layer, or a list such as 16,16,8',
      argument: '<r>',
    },
  ),
  tomeSlope: setting.number({
    least: -1,
    most: 1,
    default: noReduction.tomeSlope,
    help: 'tome: -1 merges more in early layers, 1 in late ones',
    argument: '<w>',
  }),
  tomeProportional: setting.onOff({
    default: noReduction.tomeProportional,
    help: 'tome: count a merged token in attention as many times as it has parts',
    fileOnly: true,
  }),
  tomeTraining: setting.onOff({
    default: noReduction.tomeTraining,
    help: 'tome: merge tokens in training too',
    fileOnly: true,
  }),
  keepRate: setting.other(
    oneOrList(share),
    { kind: 'oneOrList', item: { kind: 'number', least: 0, most: 1 } },
    {
      default: noReduction.keepRate,
      help: 'evit, dynamicvit: share of tokens kept at each of the layers, or a list',
      argument: '<k>',
    },
  ),
  reductionLayers: setting.other(
    layerNumbers,
    { kind: 'layers' },
    {
      optional: true,
      help: 'evit, dynamicvit: layers that reduce, such as 3,6,9',
      argument: '<list>',
      usual: 'a quarter, a half, three quarters up',
    },
  ),
  evitFuse: setting.onOff({
    default: noReduction.evitFuse,
    help: 'evit: keep the sum of what is left out as one more token',
    fileOnly: true,
  }),
}) satisfies setting.SettingsFor<ReductionOptions>

/** How EViT's keep rate falls in training; names are those of its official code. */
export const shrinkSettings = setting.grouped('Token reduction:', {
  shrinkStartEpoch: setting.number({
    default: 0,
    least: 0,
    help: 'evit: training epochs with all tokens',
    argument: '<n>',
  }),
  shrinkEpochs: setting.number({
    default: 0,
    least: 0,
    help: 'evit: training epochs after those in which the share falls to --keep-rate, as a cosine',
    argument: '<n>',
  }),
})
