import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { network } from '../network/network.ts'
import { farthest, randomValues } from '../nn/plain.test.support.ts'
import { config, logitsOf } from './describe-tuner.test.support.ts'
import { tunerNamed } from './registry.ts'
import { tune } from './tune.ts'

const average = { ...config, globalPool: 'avg' } as const

describe('prompts', () => {
  it.each(['vpt-shallow', 'vpt-deep', 'noah'])(
    '%s: are no part of the mean that is classified',
    async (name) => {
      const tuner = tunerNamed(name)
      const sizes = {
        promptLength: 3,
        visualPromptDim: [3, 2],
        loraDim: [0],
        adapterDim: [0],
        adapterDropout: 0,
      }
      const options = { ...tuner.defaults, ...sizes }
      const shapes = modelShapes(modelOf(average), tune(tuner, options, { kind: 'complete' }).hooks)
      const tensors = randomValues(shapes, 4)
      const plain = { network: network(modelOf(average)), tensors }
      const prompted = { network: network({ ...modelOf(average), tuner, options }), tensors }
      expect(farthest(await logitsOf(prompted), await logitsOf(plain))).toBeGreaterThan(1e-3)
      // Without attention nothing else reads them either.
      for (const [key, value] of tensors) if (key.includes('attn.proj')) value.data.fill(0)
      expect(farthest(await logitsOf(prompted), await logitsOf(plain))).toBeLessThan(1e-5)
    },
  )

  it('noah: those of a layer give way to the next; a layer without any keeps them', () => {
    const counts = (visualPromptDim: number[]): number[] => {
      const { defaults, promptsAt } = tunerNamed('noah')
      return visualPromptDim.map((_, layer) => promptsAt({ ...defaults, visualPromptDim }, layer))
    }
    expect(counts([3, 2, 0])).toEqual([3, 2, 2])
    expect(counts([3, 0, 0])).toEqual([3, 3, 3])
    expect(counts([0, 4, 1])).toEqual([0, 4, 1])
    // Only the prompts of the layer before are taken out, as the published code does.
    expect(counts([3, 0, 2])).toEqual([3, 3, 5])
  })
})
