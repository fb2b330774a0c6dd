import { sampleOf } from '../../data/samples/registry.ts'
import { ConfigError } from '../../errors.ts'
import { modelOf } from '../../models/model.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { checkReductionFits } from '../../reduction/check-reduction.ts'
import { reductionOptions } from '../../reduction/options.ts'
import { defaultsOf } from '../../setting.ts'
import { taskNamed, tasks } from '../../tasks/registry.ts'
import { checkModel } from '../../tuners/check-tuning.ts'
import { mostPrompts } from '../../tuners/dropout.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { definedOnly } from './defined-only.ts'
import { type FinetuneInput, type FinetuneSettings, generalSettings } from './finetune-settings.ts'
import type { Augmentation } from './image-settings.ts'
import { usualMicroBatch } from './micro-batch.ts'
import { scaledRate } from './schedule-settings.ts'

const defaults = defaultsOf(generalSettings)

/** The input with all defaults filled in; some depend on the model and the kind of data. */
export function completeFinetune(
  input: FinetuneInput,
  known: { readonly config: ModelConfig; readonly augment: Augmentation },
): FinetuneSettings {
  const task = taskNamed(input.task)
  const ofTask = defaultsOf(task.settings ?? {})
  const sample = sampleOf({ ...ofTask, ...definedOnly(input), frames: known.config.frames })
  const given = { ...sample.defaults, ...definedOnly(input) }
  const { batch = defaults.batch, baseLearningRate: base } = given
  const learningRate = base === undefined ? defaults.learningRate : scaledRate(base, batch)
  const asked = { ...defaults, learningRate, ...given }
  const tuner = tunerNamed(asked.method)
  const options = { ...tuner.defaults, ...asked }
  checkModel('finetune', tuner, options, known.config)
  checkReductionFits('finetune', reductionOptions(asked), modelOf(known.config))
  const prompts = mostPrompts(tuner, options, known.config)
  const settings = {
    minimumLearningRate: asked.learningRate / 100,
    warmupEpochs: asked.epochs / 10,
    microBatch: Math.min(asked.batch, usualMicroBatch(known.config, prompts)),
    augment: known.augment,
    imageSize: known.config.imageSize,
    ...tuner.defaults,
    ...ofTask,
    ...asked,
    ...sample.complete(asked),
  }
  checkMicroBatch(settings, known.config)
  return withoutUsualTask(settings)
}

/** @throws ConfigError for fewer images in a pass than the head needs */
function checkMicroBatch({ microBatch }: FinetuneSettings, config: ModelConfig): void {
  const { leastImages = 1 } = modelOf(config).head
  if (microBatch < leastImages)
    throw new ConfigError(
      `finetune: microBatch is ${microBatch}, but the batch norms of this head need ${leastImages} images in a pass. Give more, or choose head linear.`,
    )
}

/** Runs of the default task do not name it, as in version 0.1. */
function withoutUsualTask({ task, ...settings }: FinetuneSettings): FinetuneSettings {
  return task === undefined || task === tasks[0].name ? settings : { ...settings, task }
}
