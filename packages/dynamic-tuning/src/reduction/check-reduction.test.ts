import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { full } from '../tuners/full.ts'
import { tunerNamed } from '../tuners/registry.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { checkReduction, checkReductionFits, type ReductionUse } from './check-reduction.ts'
import { keepLayers } from './keep-layers.ts'
import { mergesPerLayer } from './merge-schedule.ts'
import { type GivenReduction, reductionOptions } from './options.ts'

const base = vitConfig('vit_base_patch16_224', 10)
const use = (dispatch: TunerOptions['dispatch'], tuner: Tuner = full): ReductionUse => ({
  tuner,
  options: { ...tuner.defaults, dispatch },
})
const none = use('none')

describe('checkReduction', () => {
  it.each<[GivenReduction, ReductionUse, RegExp]>([
    [{ tomeR: 4 }, none, /tomeR is given, but the reduction is none/],
    [{ reduction: 'evit', tomeR: 4 }, none, /tomeR is given, but the reduction is evit/],
    [{ reduction: 'tome', keepRate: 0.5 }, none, /keepRate is given, but the reduction is tome/],
    [{ reduction: 'dynamicvit', evitFuse: false }, none, /evitFuse is given/],
    [{ reduction: 'evit' }, use('mlp'), /evit drops tokens for good.*Use reduction tome/],
    [{ reduction: 'dynamicvit' }, use('layer'), /dynamicvit drops tokens for good/],
    [{ reduction: 'tome' }, use('attention'), /compares the keys of all tokens/],
    [{ reduction: 'tome', tomeTraining: true }, use('mlp'), /tomeTraining with dispatch/],
    [{ reduction: 'tome' }, { ...none, dense: true }, /needs an output for each/],
    [{ reduction: 'tome' }, use('none', tunerNamed('convpass')), /convolves the grid of patches/],
    [{ reduction: 'tome' }, use('none', tunerNamed('res-tuning')), /adds the tokens of all layers up/],
    [{ reduction: 'evit' }, use('none', tunerNamed('lora+vpt-deep')), /its prompts have places/],
    [{ reduction: 'dynamicvit' }, use('none', tunerNamed('noah')), /its prompts have places/],
    [{ reduction: 'evit', keepRate: 0 }, none, /keepRate is 0/],
    [{ reduction: 'evit', keepRate: [0.5, 1.5] }, none, /keepRate is 1.5/],
    [{ reduction: 'tome', tomeR: 2.5 }, none, /tomeR is 2.5/],
    [{ reduction: 'tome', tomeSlope: 2 }, none, /tomeSlope is 2/],
  ])('refuses %j', (given, wanted, message) => {
    expect(() => checkReduction('test', given, wanted)).toThrow(message)
    expect(() => checkReduction('test', given, wanted)).toThrow(ConfigError)
  })

  it.each<[GivenReduction, ReductionUse]>([
    [{}, { ...use('layer'), dense: true }],
    [{ reduction: 'tome', tomeR: 100 }, use('mlp')],
    [{ reduction: 'evit', keepRate: [0.5, 1] }, none],
    [{ reduction: 'tome' }, use('none', tunerNamed('lora+ssf'))],
    [reductionOptions({ reduction: 'dynamicvit' }), none],
  ])('lets %j pass', (given, wanted) => checkReduction('test', given, wanted))
})

describe('checkReductionFits', () => {
  it.each<[GivenReduction, Partial<typeof base>, RegExp]>([
    [{ reduction: 'tome' }, { regTokens: 4 }, /5 tokens before its patches/],
    [{ reduction: 'tome' }, { globalPool: 'avg' }, /classified by its class token/],
    [{ reduction: 'tome', tomeR: new Array(13).fill(1) }, {}, /13 numbers for 12 layers/],
    [{ reduction: 'evit', reductionLayers: [3, 12] }, {}, /\[3,12\] must rise and stay below 12/],
    [{ reduction: 'evit', reductionLayers: [6, 3] }, {}, /must rise/],
    [{ reduction: 'evit', keepRate: [0.5] }, {}, /1 shares for 3 layers/],
    [{ reduction: 'dynamicvit', keepRate: 0.1 }, {}, /leaves none of 196 patches/],
    [{ reduction: 'dynamicvit' }, { embedDim: 774, numHeads: 3 }, /774 is no multiple of 4/],
  ])('refuses %j on %j', (given, changes, message) => {
    const options = reductionOptions(given)
    expect(() => checkReductionFits('test', options, modelOf({ ...base, ...changes }))).toThrow(message)
    expect(() => checkReductionFits('test', options, modelOf({ ...base, ...changes }))).toThrow(ConfigError)
  })
})

describe('schedules', () => {
  it('keep the published shares of tokens', () => {
    const evit = keepLayers(reductionOptions({ reduction: 'evit' }), 12, 'same')
    expect(evit).toEqual([3, 6, 9].map((layer) => ({ layer, rate: 0.7 })))
    const dynamic = keepLayers(reductionOptions({ reduction: 'dynamicvit' }), 12, 'powers')
    expect(dynamic.map(({ rate }) => Math.trunc(196 * rate))).toEqual([137, 96, 67])
    expect(keepLayers(reductionOptions(), 2, 'same').map(({ layer }) => layer)).toEqual([0, 1])
  })

  it('merge as published: constant, falling, rising, listed, capped', () => {
    expect(mergesPerLayer({ tomeR: 8, tomeSlope: 0 }, 12, 197)).toEqual(new Array(12).fill(8))
    expect(mergesPerLayer({ tomeR: 8, tomeSlope: -1 }, 5, 197)).toEqual([16, 12, 8, 4, 0])
    expect(mergesPerLayer({ tomeR: 8, tomeSlope: 1 }, 5, 197)).toEqual([0, 4, 8, 12, 16])
    expect(mergesPerLayer({ tomeR: [4, 0, 2], tomeSlope: 0 }, 5, 197)).toEqual([4, 0, 2, 0, 0])
    expect(mergesPerLayer({ tomeR: 100, tomeSlope: 0 }, 3, 17)).toEqual([8, 4, 2])
  })
})
