import { methodOptions, tunerNamed, tuners } from 'dynamic-tuning'
import { describe, expect, it } from 'vitest'
import { shared } from './common.ts'
import { methodFlag, methodFlags } from './method-options.ts'

const parse = (option: ReturnType<typeof methodFlag>, text: string): unknown =>
  option.parseArg?.(text, undefined as never)

describe('flags of methods', () => {
  it('are the settings in kebab-case', () => {
    const flags = methodFlags()
    expect(flags.map((flag) => flag.attributeName())).toEqual(Object.keys(methodOptions))
    expect(flags.map(({ long }) => long)).toContain('--visual-prompt-dim')
  })

  it('take what the config.json of any run holds', () => {
    for (const { defaults } of tuners)
      for (const flag of [...methodFlags(), shared.bottleneck()]) {
        const value = defaults[flag.attributeName() as keyof typeof defaults]
        if (value !== undefined) expect(parse(flag, String(value))).toEqual(value)
      }
  })

  it('join methods', () => {
    expect(parse(methodFlag(), 'lora+adaptformer')).toBe(tunerNamed('lora+adaptformer').name)
    expect(() => parse(methodFlag(), 'lora+full')).toThrow(/full goes with no other/)
  })
})
