import { sampleWord } from '../data/samples/word.ts'
import { ConfigError } from '../errors.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { Baseline, BaselineModel } from './baseline.ts'
import { tensorflowJs } from './tensorflow-js.ts'
import { transformersJs } from './transformers-js.ts'
import type { BenchPlace } from './types.ts'

/** What `bench inference --baseline` knows. */
export const baselines: Readonly<Record<string, Baseline>> = {
  'transformers.js': transformersJs,
  'tensorflow.js': tensorflowJs,
}

/** Opens a baseline. @throws ConfigError for unknown names, and where its package is not installed */
export async function openBaseline(
  name: string,
  config: ModelConfig,
  place: BenchPlace,
): Promise<BaselineModel> {
  if (sampleWord(place) === 'clip')
    throw new ConfigError(`bench: ${name} classifies images, not clips of frames. Leave the baseline out.`)
  const open = baselines[name]
  if (open === undefined)
    throw new ConfigError(
      `bench: unknown baseline ${name}. Choose one of ${Object.keys(baselines).join(', ')}.`,
    )
  return open(config, place)
}
