import type { ModelConfig } from '../../models/model-config.ts'
import { decideSettings, type KnownData, openData, openModel } from '../../run/prepare-run.ts'
import { framesFor } from '../../run/settings/clip-settings.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { FinetuneInput, FinetuneSettings } from '../../run/settings/finetune-settings.ts'

/** All settings of a run and the configuration of its model. */
export interface ResolvedRun {
  readonly settings: FinetuneSettings
  readonly config: ModelConfig
}

/** Resolves the settings of runs one by one. Data and backbones that several share are opened once. */
export function settingsResolver(): (input: FinetuneInput) => Promise<ResolvedRun> {
  const datasets = new Map<string, KnownData>()
  const configs = new Map<string, ModelConfig>()
  return async (input) => {
    const { data, validationShare, split, trainSize, testSize, seed, skipBad } = input
    const place = keyOf({ data, validationShare, split, trainSize, testSize, seed, skipBad })
    const { classes, kind, truth } = datasets.get(place) ?? (await openData(input))
    const known = { classes, kind, truth }
    datasets.set(place, known)
    const frames = framesFor(data, known, input)
    const { model, imageSize, randomWeights } = input
    const sizes = keyOf({ model, imageSize, randomWeights, frames, count: classes.length })
    const config = configs.get(sizes) ?? (await openModel(input, known)).config
    configs.set(sizes, config)
    return { settings: decideSettings(input, config, known), config }
  }
}

const keyOf = (parts: object): string => JSON.stringify(definedOnly(parts))
