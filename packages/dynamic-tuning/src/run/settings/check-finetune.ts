import { ConfigError } from '../../errors.ts'
import { checkReduction } from '../../reduction/check-reduction.ts'
import { defaultsOf } from '../../setting.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { checkTuning, completeOptions } from '../../tuners/check-tuning.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import type { Tuner } from '../../tuners/tuner.ts'
import { checkSettings } from './check-settings.ts'
import { checkTaskSettings } from './check-task.ts'
import { checkClipSettings } from './clip-settings.ts'
import { type FinetuneInput, finetuneKeys, finetuneSchema, generalSettings } from './finetune-settings.ts'

const defaults = defaultsOf(generalSettings)

/** Checks the input of a run. @throws ConfigError naming unknown settings and values out of range */
export function checkFinetune(given: unknown): FinetuneInput {
  const input = checkSettings('finetune', given, finetuneSchema, finetuneKeys)
  const tuner = tunerNamed(input.method ?? defaults.method)
  checkTuning('finetune', tuner, input)
  checkClipSettings(input)
  // Without a name the data decide the task: `decideSettings` then checks.
  if (input.task !== undefined) checkTaskSettings(taskNamed(input.task), input)
  if ((input.backbonePrecision ?? 'fp32') !== 'fp32') checkFrozen(tuner)
  checkReduction('finetune', input, { tuner, options: completeOptions(tuner, input) })
  const { batch = defaults.batch, microBatch = 1, resize = defaults.resize, cropRatio } = input
  const shrinks = (input.shrinkEpochs ?? 0) > 0 || (input.shrinkStartEpoch ?? 0) > 0
  if (shrinks && input.reduction !== 'evit')
    throw new ConfigError(
      'finetune: shrinkEpochs and shrinkStartEpoch are for reduction evit. Choose it, or leave them out.',
    )
  if (cropRatio !== undefined && resize !== 'crop')
    throw new ConfigError(
      `finetune: cropRatio is ${cropRatio}, but images are not cropped. Add resize: crop, or leave it out.`,
    )
  if (microBatch > batch)
    throw new ConfigError(
      `finetune: microBatch is ${microBatch} but the batch only ${batch}. Make it smaller or leave it out.`,
    )
  return input
}

/** @throws ConfigError for a method that trains the linear maps which are to be stored in few bits */
function checkFrozen({ name, trainable }: Tuner): void {
  if (trainable.some((pattern) => pattern.test('blocks.0.mlp.fc1.weight')))
    throw new ConfigError(
      `finetune: ${name} trains the backbone, which cannot be kept in few bits then. Leave backbonePrecision out.`,
    )
}
