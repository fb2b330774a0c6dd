import { expect, it } from 'vitest'
import { inferenceGraph } from '../evaluation/classifier.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { tuners } from '../tuners/registry.ts'
import { isBackboneMap } from './backbone-maps.ts'
import { modelShapes } from './build-model.ts'
import { modelOf } from './model.ts'
import { tinySwin } from './swin/swin.test.support.ts'
import { tiny } from './tiny.test.support.ts'

const maps = [0, 1].flatMap((layer) =>
  ['attn.proj', 'attn.qkv', 'mlp.fc1', 'mlp.fc2'].map((map) => `blocks.${layer}.${map}.weight`),
)

it('knows the maps of a ViT, and no weight that a method adds', () => {
  const reduced = (names: Iterable<string>): string[] => [...names].filter(isBackboneMap).sort()
  expect(reduced(modelShapes(modelOf(tiny)).keys())).toEqual(maps)
  for (const tuner of tuners) {
    const store = new WeightStore({ trainable: [/./] })
    const options = { ...tuner.defaults, dispatch: 'mlp' } as const
    inferenceGraph({
      network: network({
        ...modelOf(tiny),
        tuner,
        options: tuner.name === 'res-tuning' ? tuner.defaults : options,
      }),
      store,
    })
    expect(reduced(store.shapes.keys()), tuner.name).toEqual(maps)
  }
})

it('knows those of a Swin, in all stages and nothing between them', () => {
  const ofStages = [0, 1].flatMap((stage) => maps.map((name) => `layers.${stage}.${name}`))
  expect([...modelShapes(modelOf(tinySwin)).keys()].filter(isBackboneMap).sort()).toEqual(ofStages)
})
