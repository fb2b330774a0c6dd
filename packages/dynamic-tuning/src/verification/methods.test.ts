import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readSafetensors } from '../io/safetensors.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { openBackboneFixture } from './backbone-fixture.ts'
import { openFixture } from './fixture.ts'
import { methodSettings } from './kinds/method-settings.ts'
import { allReferences, extra, reference as home } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

const reference = join(home, 'peft')
const temp = mkdtempSync(join(tmpdir(), 'methods-'))
afterAll(() => rmSync(temp, { recursive: true }))

const folders = [
  'backbone',
  'adapter-houlsby',
  'adapter-pfeiffer',
  'adaptformer',
  'bitfit',
  'lora',
  'vpt-shallow',
  'vpt-deep',
  'ssf',
  'convpass',
  'fact-tt',
  'fact-tk',
  'res-tuning',
  'noah',
]

describe('fixtures of methods', () => {
  it.each([
    ...folders.map((name) => [name, join(reference, name)]),
    ...extra(['all of backbone', join(allReferences, 'peft/backbone')]),
  ])('%s passes, each entry below a tenth of its tolerance, none left out', async (name, folder = '') => {
    const { pass, tensors } = await verifyFixture(folder, { threads: 1 })
    expect(tensors.filter((tensor) => !tensor.pass)).toEqual([])
    expect(pass).toBe(true)
    const names = tensors.map((tensor) => tensor.name)
    for (const expected of readSafetensors(join(folder, 'expected.safetensors')).keys())
      expect(names).toContain(expected)
    expect(names).toContain('logits (inference)')
    expect(names.includes('logits (merged)')).toBe(
      ['lora', 'ssf', 'fact-tt', 'fact-tk', 'noah'].includes(name),
    )
    for (const { maxAbs, tolerance } of tensors) expect(maxAbs).toBeLessThanOrEqual(tolerance / 10)
  })

  it.each(folders)('%s counts the parameters that config.json tells', (name) => {
    const folder = join(reference, name)
    const opened = openBackboneFixture(openFixture(folder))
    const { tuner, options } = methodSettings(opened).network
    const told = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      trainable_parameters_of_this_fixture_without_head: number
      vit_b16: Record<string, number>
    }
    expect(tuner.parameterCount(opened.config, options)).toBe(
      told.trainable_parameters_of_this_fixture_without_head,
    )
    const base = vitConfig('vit_base_patch16_224', 100)
    const small = { ...tuner.defaults, ...(name === 'adaptformer' && { bottleneck: 8 }) }
    const { rank } = tuner.defaults
    const wanted = told.vit_b16[`trainable_parameters_rank${rank}`] ?? told.vit_b16.trainable_parameters
    // The paper's sub-networks have sizes of their own.
    if (name !== 'noah') expect(tuner.parameterCount(base, small)).toBe(wanted)
  })

  it.each([
    ['lora', { rank: 8, scale: 1.4 }, ['logits', 'logits (merged)', 'grad.blocks.0.attn.lora_q.up.weight']],
    ['convpass', { bottleneck: 8, scale: 0.5 }, ['logits', 'grad.blocks.1.convpass_mlp.conv.weight']],
    ['fact-tk', { rank: 6, scale: 0.6 }, ['logits (inference)', 'grad.fact.core']],
  ])('%s reads %j instead of taking it for granted', async (name, changes, off) => {
    const folder = join(temp, name)
    cpSync(join(reference, name), folder, { recursive: true })
    cpSync(join(reference, 'backbone'), join(temp, 'backbone'), { recursive: true })
    const path = join(folder, 'config.json')
    const json = JSON.parse(readFileSync(path, 'utf8')) as { hyper_parameters: object }
    const hyper_parameters = { ...json.hyper_parameters, ...changes }
    writeFileSync(path, JSON.stringify({ ...json, hyper_parameters }))
    const { tensors } = await verifyFixture(folder, { threads: 1 })
    const failed = tensors.filter(({ pass }) => !pass).map((tensor) => tensor.name)
    for (const tensor of off) expect(failed).toContain(tensor)
    writeFileSync(path, JSON.stringify({ ...json, hyper_parameters: {} }))
    await expect(verifyFixture(folder)).rejects.toThrow(/hyper_parameters of .* cannot be run/)
  })
})
