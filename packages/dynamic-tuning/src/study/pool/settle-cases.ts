import type { ModelConfig } from '../../models/model-config.ts'
import { type KnownData, openData, openModel, settle } from '../../run/prepare-run.ts'
import { framesFor } from '../../run/settings/clip-settings.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { FinetuneInput, FinetuneSettings } from '../../run/settings/finetune-settings.ts'

/** Every setting of a run, and the sizes of its model. */
export interface Settled {
  readonly settings: FinetuneSettings
  readonly config: ModelConfig
}

/** Settles runs one after the other; data and backbones that several have in common are opened once. */
export function settleCases(): (input: FinetuneInput) => Promise<Settled> {
  const datasets = new Map<string, KnownData>()
  const configs = new Map<string, ModelConfig>()
  return async (input) => {
    const { data, validationShare, split, trainSize, testSize, seed, skipBad } = input
    const place = keyOf({ data, validationShare, split, trainSize, testSize, seed, skipBad })
    const { classes, kind } = datasets.get(place) ?? (await openData(input))
    datasets.set(place, { classes, kind })
    const frames = framesFor(data, { kind }, input)
    const { model, imageSize, randomWeights } = input
    const sizes = keyOf({ model, imageSize, randomWeights, frames, count: classes.length })
    const config = configs.get(sizes) ?? (await openModel(input, { classes, kind })).config
    configs.set(sizes, config)
    return { settings: settle(input, config, { classes, kind }), config }
  }
}

const keyOf = (parts: object): string => JSON.stringify(definedOnly(parts))
