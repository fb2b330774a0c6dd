import { z } from 'zod'
import type { ModuleOptions, TunerOptions } from './options.ts'

/** A setting of some methods: what it may be, and how a command line asks for it. */
export interface MethodOption {
  /** What is allowed, in settings files too; 0 stands for methods that have none. */
  readonly schema: z.ZodType
  /** How the flag's text is read: a whole number, any number, or whole numbers separated by commas. */
  readonly read: 'whole' | 'number' | 'wholes'
  /** Least value of the flag. */
  readonly least: number
  /** What stands for the value in help. */
  readonly argument: string
  readonly help: string
}

const whole = z.int().min(0).max(65_536)
const sizes = z.array(whole).min(1).readonly()

/** The settings that only some methods have, by name. One line here is a flag, a setting and its check. */
export const methodOptions = {
  adapterScale: {
    schema: z.number(),
    read: 'number',
    least: 0,
    argument: '<s>',
    help: 'factor of what adapters, ConvPass and FacT add (default 0.1 for adapters, 1 for the others)',
  },
  adapterDropout: {
    schema: z.number().min(0).lt(1),
    read: 'number',
    least: 0,
    argument: '<x>',
    help: 'share of inner features of added modules dropped in training (default 0.1)',
  },
  rank: {
    schema: whole,
    read: 'whole',
    least: 0,
    argument: '<r>',
    help: 'of lora and fact (default 8; fact-tt 16, fact-tk 32)',
  },
  loraAlpha: {
    schema: z.number(),
    read: 'number',
    least: 0,
    argument: '<x>',
    help: 'lora adds alpha / rank times its product (default 8)',
  },
  promptLength: {
    schema: whole,
    read: 'whole',
    least: 0,
    argument: '<n>',
    help: 'prompt tokens of vpt-shallow and vpt-deep (default 50)',
  },
  visualPromptDim: {
    schema: sizes,
    read: 'wholes',
    least: 0,
    argument: '<n,...>',
    help: 'prompts of noah by layer, one number for all (default 5)',
  },
  loraDim: {
    schema: sizes,
    read: 'wholes',
    least: 0,
    argument: '<n,...>',
    help: 'LoRA ranks of noah by layer (default 5)',
  },
  adapterDim: {
    schema: sizes,
    read: 'wholes',
    least: 0,
    argument: '<n,...>',
    help: 'adapter widths of noah by layer (default 5)',
  },
  superDim: {
    schema: whole.min(1),
    read: 'whole',
    least: 1,
    argument: '<n>',
    help: "size of noah's super-network, of which slices are used",
  },
} as const satisfies { readonly [K in keyof TunerOptions]?: MethodOption }

/** Names of those settings. */
export type MethodOptionName = keyof typeof methodOptions

/** Settings a method may say it reads. */
export type UsedOption = MethodOptionName | keyof ModuleOptions
