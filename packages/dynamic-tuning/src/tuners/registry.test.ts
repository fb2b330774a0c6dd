import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { tunerNamed, tuners } from './registry.ts'

const [width, depth, bottleneck, hidden] = [8, 2, 3, 16]
const head = width * 3 + 3
const adapters = depth * (2 * width * bottleneck + bottleneck + width)
const norm = 2 * width
const layer =
  2 * norm + (3 * width * width + 3 * width) + (width * width + width) + 2 * width * hidden + hidden + width
const rest = 48 * width + width + width + 7 * width + depth * layer + norm

/** Trained parameters of each method on the tiny model, by its formula. */
const formulas: Readonly<Record<string, number>> = {
  linear: head,
  full: rest + head,
  adaptformer: adapters + head,
  dyt: adapters + depth * (width + 1) + head,
}

describe('tuners', () => {
  it.each(Object.keys(formulas))('%s trains as many parameters as its formula says', (name) => {
    const tuner = tunerNamed(name)
    const { params } = modelCost({ config: tiny, tuner, options: { ...tuner.defaults, bottleneck } })
    expect(params.trainable).toBe(formulas[name])
  })

  it('are found by name, and named once', () => {
    for (const tuner of tuners) expect(tunerNamed(tuner.name)).toBe(tuner)
    expect(new Set(tuners.map(({ name }) => name)).size).toBe(tuners.length)
    expect(() => tunerNamed('dty')).toThrow(ConfigError)
    expect(() => tunerNamed('dty')).toThrow(/linear, full, adaptformer, dyt/)
  })

  it('every method trains the head', () => {
    for (const { trainable } of tuners)
      expect(trainable.some((pattern) => pattern.test('head.weight'))).toBe(true)
  })
})
