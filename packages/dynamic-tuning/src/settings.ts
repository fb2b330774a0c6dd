/**
 * Settings as records, from which command line and settings files are derived: of runs, studies and
 * methods.
 */

export { precisions } from '@dynamic-tuning/engine'
export { answerSettings, withAnswerSettings } from './run/answer-settings.ts'
export { budgetThresholds } from './run/calibrate/budgets.ts'
export { learningRateText } from './run/learning-rate.ts'
export { checkFinetune } from './run/settings/check-finetune.ts'
export { checkTaskSettings } from './run/settings/check-task.ts'
export { clipSettings } from './run/settings/clip-settings.ts'
export {
  finetuneKeys,
  finetuneSettings,
  generalSettings,
  type SomeSettings,
} from './run/settings/finetune-settings.ts'
export { nodeDevices } from './run/settings/machine-settings.ts'
export { nearestWord } from './run/settings/nearest-word.ts'
export { builtinModel, pretrainKeys, pretrainSettings } from './run/settings/pretrain-settings.ts'
export type {
  OptionalIn,
  Setting,
  SettingForm,
  Settings,
  SettingText,
  SomeOf,
  ValueOf,
  ValuesOf,
} from './setting.ts'
export { defaultMethods } from './study/compare/plan.ts'
export { jointKeys } from './study/joint/plan.ts'
export { noahSearchKeys, noahSearchSettings, searchSettings } from './study/noah/search-settings.ts'
export { sweepKeys } from './study/sweep/plan.ts'
export { sweepMetrics } from './study/sweep/rank-by.ts'
export { vtabKeys } from './study/vtab/plan.ts'
export { taskSettings } from './tasks/registry.ts'
export { headSettings } from './tasks/segmentation/settings.ts'
export { type MethodOptionName, methodOptions } from './tuners/method-options.ts'
