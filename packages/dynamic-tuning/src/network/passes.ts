import { input } from '@dynamic-tuning/engine'
import type { ReductionMode } from '../reduction/reduction.ts'
import { reductionIn } from '../reduction/registry.ts'
import { inferencePass, noiseInput } from '../tuners/dispatch-inputs.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import type { Pass } from '../tuners/tuner.ts'
import type { ChosenParts } from './parts.ts'
import type { NetworkPass } from './pass.ts'

/** Translates a pass of the network into a pass of the method, with its graph inputs. */
export function tunerPass(
  pass: NetworkPass,
  { config, sample, tuner, options }: Pick<ChosenParts, 'config' | 'sample' | 'tuner' | 'options'>,
): Pass {
  const model = { config, sample }
  const dropout = (name: string) => dropoutInput(name, tuner, options, model)
  if (pass.kind === 'complete')
    return { kind: 'complete', dropout: pass.dropout === undefined ? undefined : dropout(pass.dropout) }
  if (pass.kind !== 'train') return inferencePass(pass, options, model)
  if (options.dispatch === 'none') return { kind: 'complete', dropout: dropout('dropout') }
  return {
    kind: 'train',
    noise: noiseInput(options, model),
    temperature: options.finalTemperature === undefined ? undefined : input('temperature', []),
    dropout: dropout('dropout'),
    classTokenOnly: true,
  }
}

/** How the reduction treats tokens in a pass. Methods that dispatch are trained on all tokens. */
export function reductionMode(
  { kind }: NetworkPass,
  { options, reduction }: Pick<ChosenParts, 'options' | 'reduction'>,
): ReductionMode {
  if (kind === 'complete') return 'off'
  if (kind === 'masked') return 'mask'
  if (kind === 'skip') return 'reduce'
  return options.dispatch === 'none' ? (reductionIn(reduction)?.trainingMode(reduction) ?? 'off') : 'off'
}

/** True for a training pass, and for the complete pass with dropout, which is used in training only. */
export function isTraining(pass: NetworkPass): boolean {
  return pass.kind === 'train' || (pass.kind === 'complete' && pass.dropout !== undefined)
}
