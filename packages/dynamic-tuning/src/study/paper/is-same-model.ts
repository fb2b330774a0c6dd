import type { PaperModel } from '../../cost/paper/paper-table.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { modelConfig } from '../../models/named-model.ts'
import { type GivenReduction, reductionOptions } from '../../reduction/options.ts'
import type { FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import type { TunerOptions } from '../../tuners/options.ts'
import { tunerNamed } from '../../tuners/registry.ts'

/** The settings of a run that tell which row of the paper it is. */
export type TunedSettings = Pick<
  FinetuneSettings,
  'method' | 'complete' | 'distillation' | 'rateWeight' | 'backbonePrecision'
> &
  Partial<TunerOptions> &
  GivenReduction

/** Settings of dispatch: without it they change nothing. */
const ofDispatch: readonly (keyof TunerOptions)[] = [
  'rate',
  'dispatchLevel',
  'dispatchStrategy',
  'dispatchLayers',
  'temperature',
  'finalTemperature',
]

/** True if a run has a row's backbone, method with all its settings, token reduction and losses. */
export function isSameModel(
  row: PaperModel & { readonly model: string },
  settings: TunedSettings,
  config: ModelConfig,
): boolean {
  if (row.tuner !== settings.method || settings.backbonePrecision !== 'fp32') return false
  const { without = [], model } = row
  const reductions = [row.reduction, settings].map((given) => JSON.stringify(reductionOptions(given)))
  if (reductions[0] !== reductions[1] || !hasOptions(row, settings)) return false
  const losses =
    settings.dispatch === 'none' ||
    (settings.complete === !without.includes('complete') &&
      settings.distillation === !without.includes('distillation') &&
      settings.rateWeight === 2)
  return losses && shapeText(modelConfig(model)) === shapeText(config)
}

/** True if every setting that the method reads is that of the row. */
function hasOptions({ tuner: name = '', options }: PaperModel, settings: TunedSettings): boolean {
  const tuner = tunerNamed(name)
  const wanted: TunerOptions = { ...tuner.defaults, ...options }
  const dispatches = wanted.dispatch !== 'none' || settings.dispatch !== 'none'
  const read: readonly (keyof TunerOptions)[] = ['dispatch', ...tuner.uses, ...(dispatches ? ofDispatch : [])]
  return read
    .filter((each) => each !== 'adapterScale')
    .every((each) => JSON.stringify(settings[each]) === JSON.stringify(wanted[each]))
}

/** What decides the shape of a backbone, whatever its head and its samples. */
function shapeText(config: ModelConfig): string {
  const { numClasses: _c, frames: _f, layerNormEps: _e, ...shape } = config
  const own = Object.entries(shape).filter(([, value]) => value !== undefined && value !== false)
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)))
}
