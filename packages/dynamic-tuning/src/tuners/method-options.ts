import * as setting from '../setting.ts'
import type { ModuleOptions, TunerOptions } from './options.ts'

/** Upper limit for sizes: more features or tokens than any model has. */
const most = 65_536

/**
 * The settings that only some methods read, by name. 0 is the value for methods that do not;
 * defaults come from the method.
 */
export const methodOptions = {
  adapterScale: setting.number({
    help: 'factor of what adapters, ConvPass and FacT add',
    argument: '<s>',
    usual: '0.1 for adapters, 1 for the others',
  }),
  adapterDropout: setting.number({
    least: 0,
    below: 1,
    help: 'share of inner features of added modules dropped in training',
    argument: '<x>',
    usual: '0.1',
  }),
  rank: setting.whole({
    most,
    help: 'of lora and fact',
    argument: '<r>',
    usual: '8; fact-tt 16, fact-tk 32',
  }),
  loraAlpha: setting.number({
    help: 'lora adds alpha / rank times its product',
    argument: '<x>',
    usual: '8',
  }),
  promptLength: setting.whole({
    most,
    help: 'prompt tokens of vpt-shallow and vpt-deep',
    argument: '<n>',
    usual: '50',
  }),
  visualPromptDim: setting.wholes({
    most,
    optional: true,
    help: 'prompts of noah by layer, one number for all',
    argument: '<n,...>',
    usual: '5',
  }),
  loraDim: setting.wholes({
    most,
    optional: true,
    help: 'LoRA ranks of noah by layer',
    argument: '<n,...>',
    usual: '5',
  }),
  adapterDim: setting.wholes({
    most,
    optional: true,
    help: 'adapter widths of noah by layer',
    argument: '<n,...>',
    usual: '5',
  }),
  superDim: setting.whole({
    least: 1,
    most,
    optional: true,
    help: "size of noah's super-network, of which slices are used",
    argument: '<n>',
  }),
} satisfies Partial<setting.SettingsFor<TunerOptions>>

/** Names of these settings. */
export type MethodOptionName = keyof typeof methodOptions

/** Settings that a method may declare in `uses`. */
export type UsedOption = MethodOptionName | keyof ModuleOptions
