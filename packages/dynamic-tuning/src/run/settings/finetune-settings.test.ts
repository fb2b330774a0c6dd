import { describe, expect, expectTypeOf, it } from 'vitest'
import { vitConfig } from '../../models/vit/vit-names.ts'
import type { ReductionOptions } from '../../reduction/options.ts'
import { defaultsOf } from '../../setting.ts'
import { taskSettings, tasks } from '../../tasks/registry.ts'
import type { TunerOptions } from '../../tuners/options.ts'
import { checkFinetune } from './check-finetune.ts'
import { completeFinetune } from './complete-finetune.ts'
import {
  type FinetuneSettings,
  finetuneKeys,
  finetuneSettings,
  generalSettings,
} from './finetune-settings.ts'
import { resumedSettings } from './resumed-settings.ts'

const known = { config: vitConfig('vit_base_patch16_224', 10), augment: 'none' } as const
const complete = (given: object) => completeFinetune(checkFinetune({ data: '/d', ...given }), known)

describe('records of settings', () => {
  it('are the types of all settings, those of methods and reductions among them', () => {
    expectTypeOf<keyof FinetuneSettings>().toEqualTypeOf<keyof typeof finetuneSettings>()
    expectTypeOf<Pick<FinetuneSettings, keyof TunerOptions>>().toEqualTypeOf<TunerOptions>()
    expectTypeOf<Pick<FinetuneSettings, keyof ReductionOptions>>().toEqualTypeOf<ReductionOptions>()
  })

  it('cover every setting of a run', () => {
    expect(finetuneKeys).toEqual(expect.arrayContaining(Object.keys(complete({}))))
    expect(new Set(finetuneKeys).size).toBe(finetuneKeys.length)
  })

  it('hold the defaults that a run gets', () => {
    expect(complete({})).toMatchObject(defaultsOf(generalSettings))
    for (const [name, setting] of Object.entries(finetuneSettings))
      if ('default' in setting)
        expect([name, setting.schema.safeParse(setting.default).success]).toEqual([name, true])
  })

  it('accept every default as if it were given', () => {
    const settings = complete({})
    expect(complete(settings)).toEqual(settings)
  })

  it('say in one line what each is for', () => {
    for (const [name, { help }] of Object.entries(finetuneSettings))
      expect([name, help]).toEqual([name, expect.stringMatching(/^[^\n]{5,130}$/)])
  })

  it('are those of the tasks too', () => {
    for (const { settings = {} } of tasks) expect(taskSettings).toMatchObject(settings)
  })
})

describe('the task of a run', () => {
  it('is not stored where it is that of version 0.1', () => {
    for (const given of [{}, { task: 'classification' }]) expect(complete(given)).not.toHaveProperty('task')
    expect(() => checkFinetune({ data: 'd', task: 'telepathy' })).toThrow(/^finetune: task is "telepathy": /)
  })

  it('may be named on resuming', () => {
    const saved = complete({})
    expect(resumedSettings(saved, { task: 'classification', threads: 2 })).toEqual({ ...saved, threads: 2 })
    expect(() => resumedSettings(saved, { epochs: 3 })).toThrow(/started with epochs 30, got 3/)
  })
})
