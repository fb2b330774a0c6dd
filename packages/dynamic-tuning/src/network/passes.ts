import { input } from '@dynamic-tuning/engine'
import type { ReductionMode } from '../reduction/reduction.ts'
import { reductionIn } from '../reduction/registry.ts'
import { inferencePass, noiseInput } from '../tuners/dispatch-inputs.ts'
import { dropPathInput } from '../tuners/drop-path.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import type { Pass } from '../tuners/tuner.ts'
import type { ChosenParts } from './parts.ts'
import type { NetworkPass } from './pass.ts'

/** Translates a pass of the network into a pass of the method, with its graph inputs. */
export function tunerPass(
  pass: NetworkPass,
  parts: Pick<ChosenParts, 'config' | 'sample' | 'tuner' | 'options' | 'dropPath'>,
): Pass {
  const { options } = parts
  if (pass.kind === 'complete')
    return { kind: 'complete', ...(pass.draws !== undefined && dropped(pass.draws, parts)) }
  if (pass.kind !== 'train') return inferencePass(pass, options, parts)
  if (options.dispatch === 'none') return { kind: 'complete', ...dropped('', parts) }
  return {
    kind: 'train',
    noise: noiseInput(options, parts),
    temperature: options.finalTemperature === undefined ? undefined : input('temperature', []),
    ...dropped('', parts),
    classTokenOnly: true,
  }
}

/** What a pass drops, drawn anew at every step; `suffix` tells its graph inputs from those of others. */
function dropped(
  suffix: string,
  parts: Pick<ChosenParts, 'config' | 'sample' | 'tuner' | 'options' | 'dropPath'>,
): Pick<Extract<Pass, { kind: 'train' }>, 'dropout' | 'dropPath'> {
  return {
    dropout: dropoutInput(`dropout${suffix}`, parts.tuner, parts.options, parts),
    dropPath: dropPathInput(`dropPath${suffix}`, parts.dropPath, parts),
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

/** True for a training pass: also the complete pass, if it has draws of its own. */
export function isTraining(pass: NetworkPass): boolean {
  return pass.kind === 'train' || (pass.kind === 'complete' && pass.draws !== undefined)
}
