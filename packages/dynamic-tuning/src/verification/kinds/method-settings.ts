import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { issuesOf } from '../../issues-of.ts'
import { modelOf } from '../../models/model.ts'
import { type Network, network } from '../../network/network.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import type { TunerOptions } from '../../tuners/tuner.ts'
import type { BackboneFixture } from '../backbone-fixture.ts'

const count = z.int().positive()
const sizes = z.array(z.int().min(0)).min(1)

/** Converts the hyper-parameters of a method's fixture to our settings. */
interface MethodReader {
  read(hyperParameters: unknown): Partial<TunerOptions>
  /** Our name of a weight, if the fixture uses another. */
  rename?(name: string): string
}

/** Makes a reader from the schema of the required fields. */
function reader<T>(schema: z.ZodType<T>, options: (fields: T) => Partial<TunerOptions>): MethodReader {
  return { read: (given) => options(schema.parse(given)) }
}

const nothing: MethodReader = { read: () => ({}) }
const prompts = reader(z.looseObject({ num_tokens: count }), ({ num_tokens }) => ({
  promptLength: num_tokens,
}))
const sequential = reader(z.looseObject({ bottleneck: count }), ({ bottleneck }) => ({ bottleneck }))
const scaled = reader(z.looseObject({ bottleneck: count, scale: z.number() }), ({ bottleneck, scale }) => ({
  bottleneck,
  adapterScale: scale,
}))
const fact = reader(z.looseObject({ rank: count, scale: z.number() }), ({ rank, scale }) => ({
  rank,
  adapterScale: scale,
}))

const readers: Readonly<Record<string, MethodReader>> = {
  full: nothing,
  bitfit: nothing,
  ssf: nothing,
  'adapter-houlsby': sequential,
  'adapter-pfeiffer': sequential,
  adaptformer: { ...scaled, rename: (name) => name.replace(/\.adaptmlp\.(down|up)\./, '.adaptmlp.$1_proj.') },
  convpass: scaled,
  'vpt-shallow': prompts,
  'vpt-deep': prompts,
  'fact-tt': fact,
  'fact-tk': fact,
  lora: reader(
    z.looseObject({
      rank: count,
      scale: z.number(),
      targets: z.tuple([z.literal('q'), z.literal('v')]).optional(),
      bias: z.literal(false).optional(),
    }),
    ({ rank, scale }) => ({ rank, loraAlpha: scale * rank }),
  ),
  'res-tuning': reader(z.looseObject({ adapter_length: count }), ({ adapter_length }) => ({
    bottleneck: adapter_length,
  })),
  noah: reader(
    z.looseObject({
      super_dim: count,
      subnet: z.looseObject({ visual_prompt_dim: sizes, lora_dim: sizes, adapter_dim: sizes }),
    }),
    ({ super_dim, subnet }) => ({
      superDim: super_dim,
      visualPromptDim: subnet.visual_prompt_dim,
      loraDim: subnet.lora_dim,
      adapterDim: subnet.adapter_dim,
    }),
  ),
}

/** Methods with supported fixtures. */
export const knownMethods: readonly string[] = Object.keys(readers)

/** A method as described by its fixture, without dropout. */
export interface MethodSettings {
  readonly network: Network
  /** Our name of one of the fixture's weights. */
  rename(name: string): string
}

/**
 * The fixture's method and settings. @throws ConfigError naming the hyper-parameter that is missing or wrong
 */
export function methodSettings({
  fixture,
  config,
  method,
  hyperParameters,
}: BackboneFixture): MethodSettings {
  const tuner = tunerNamed(method)
  const { read, rename = (name) => name } = readers[method] as MethodReader
  try {
    const options = { ...tuner.defaults, ...read(hyperParameters), adapterDropout: 0 }
    return { network: network({ ...modelOf(config), tuner, options }), rename }
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    throw new ConfigError(
      `verify: hyper_parameters of ${fixture.folder} cannot be run: ${issuesOf(error)}. Correct config.json.`,
    )
  }
}
