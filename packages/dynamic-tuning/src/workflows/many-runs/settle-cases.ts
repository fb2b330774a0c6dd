import type { VitConfig } from '../../models/vit-config.ts'
import { definedOnly, type FinetuneInput, type FinetuneSettings } from '../finetune-settings.ts'
import { openData, openModel, settle } from '../prepare-run.ts'

/** Every setting of a run, and the sizes of its model. */
export interface Settled {
  readonly settings: FinetuneSettings
  readonly config: VitConfig
}

/** Settles runs one after the other; data and backbones that several have in common are opened once. */
export function settleCases(): (input: FinetuneInput) => Promise<Settled> {
  const classes = new Map<string, number>()
  const configs = new Map<string, VitConfig>()
  return async (input) => {
    const { data, validationShare, split, trainSize, testSize, seed } = input
    const place = keyOf({ data, validationShare, split, trainSize, testSize, seed })
    const count = classes.get(place) ?? (await openData(input)).classes.length
    classes.set(place, count)
    const { model, imageSize, randomWeights } = input
    const sizes = keyOf({ model, imageSize, randomWeights, count })
    const config = configs.get(sizes) ?? (await openModel(input, count)).config
    configs.set(sizes, config)
    return { settings: settle(input, config), config }
  }
}

const keyOf = (parts: object): string => JSON.stringify(definedOnly(parts))
