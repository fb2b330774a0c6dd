import { z } from 'zod'
import * as setting from '../../setting.ts'
import { dispatchLevels, dispatchStrategies, routers } from '../../tuners/options.ts'
import { dispatchVariants } from '../../tuners/parts.ts'

/** Layer numbers, from 0. */
export const layerNumbers = z.array(z.int().min(0)).min(1).readonly()

/** Settings of token dispatch, its losses, and adapters. Most defaults depend on the method. */
export const dispatchSettings = setting.grouped('Dispatch and adapters:', {
  dispatch: setting.choice(dispatchVariants, {
    help: 'what tokens may skip',
    argument: '<part>',
    usual: 'mlp for methods that dispatch, none for others',
  }),
  rate: setting.number({
    above: 0,
    most: 1,
    help: 'wanted share of active tokens',
    argument: '<r>',
    usual: '0.5',
  }),
  dispatchLevel: setting.choice(dispatchLevels, {
    help: 'decide on each token, or on whole images',
    argument: '<what>',
    usual: 'token',
  }),
  dispatchStrategy: setting.choice(dispatchStrategies, {
    help: 'random lets a share of --rate through',
    argument: '<how>',
    usual: 'learned',
  }),
  dispatchLayers: setting.other(
    layerNumbers,
    { kind: 'layers' },
    { optional: true, help: 'layers that dispatch, such as 0-5,8', argument: '<list>', usual: 'all' },
  ),
  temperature: setting.number({
    above: 0,
    help: 'of the gates while training',
    argument: '<tau>',
    usual: '5',
  }),
  finalTemperature: setting.number({
    optional: true,
    above: 0,
    help: 'at the last step, where it changes (paper: 0.1)',
    argument: '<tau>',
  }),
  rateWeight: setting.number({
    default: 2,
    least: 0,
    help: 'alpha of the rate loss',
    argument: '<x>',
  }),
  bottleneck: setting.whole({
    most: 65_536,
    help: 'features inside an adapter',
    argument: '<d>',
    usual: '64; 8 or 10 for adapters of other methods',
  }),
  learnableScale: setting.onOff({ help: 'train that factor, one for each adapter' }),
  experts: setting.whole({
    least: 1,
    most: 1024,
    help: 'adapters that a router merges into one for each image',
    argument: '<n>',
    usual: '1',
  }),
  router: setting.choice(routers, {
    help: "whether the experts' weights are normalised",
    argument: '<how>',
    usual: 'softmax',
  }),
  distillation: setting.onOff({
    default: true,
    help: 'learn from the complete model too, by the KL from it',
    without: 'leave out the KL from the complete model',
  }),
  complete: setting.onOff({
    default: true,
    help: 'train the complete model too, with a loss of its own',
    without: "leave out the complete model's own loss",
  }),
})
