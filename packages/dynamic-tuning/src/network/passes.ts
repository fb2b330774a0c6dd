import { input } from '@dynamic-tuning/engine'
import type { ReductionMode } from '../reduction/reduction.ts'
import { reductionIn } from '../reduction/registry.ts'
import { inferencePass, noiseInput } from '../tuners/dispatch-inputs.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import type { Pass } from '../tuners/tuner.ts'
import type { ChosenParts } from './parts.ts'
import type { NetworkPass } from './pass.ts'

/** A pass as the method sees it, with its graph inputs. */
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

/** What becomes of tokens that a reduction takes away. Methods that dispatch are trained on all tokens. */
export function reductionMode(
  { kind }: NetworkPass,
  { options, reduction }: Pick<ChosenParts, 'options' | 'reduction'>,
): ReductionMode {
  if (kind === 'complete') return 'off'
  if (kind === 'masked') return 'mask'
  if (kind === 'skip') return 'reduce'
  return options.dispatch === 'none' ? (reductionIn(reduction)?.trainingMode(reduction) ?? 'off') : 'off'
}

/** True in a pass of training; the complete pass drops features there alone. */
export function isTraining(pass: NetworkPass): boolean {
  return pass.kind === 'train' || (pass.kind === 'complete' && pass.dropout !== undefined)
}
