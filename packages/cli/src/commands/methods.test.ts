import { tuners } from 'dynamic-tuning/models'
import { describe, expect, it } from 'vitest'
import { createTerminal } from '../terminal/terminal.ts'
import { methodsCommand } from './methods.ts'

async function output(json: boolean): Promise<string> {
  let text = ''
  const stdout = { write: (piece: string) => (text += piece) }
  const terminal = createTerminal({ json, stdout, stderr: stdout, environment: {} })
  await methodsCommand.run({ args: [], options: {}, terminal, signal: new AbortController().signal })
  return text
}

describe('dyt methods', () => {
  it('tells every method of the registry with the published counts', async () => {
    const { model, methods } = JSON.parse(await output(true))
    expect(model).toBe('vit_base_patch16_224')
    expect(methods.map(({ name }: { name: string }) => name)).toEqual(tuners.map(({ name }) => name))
    const named = (wanted: string) => methods.find(({ name }: { name: string }) => name === wanted)
    const head = 768 * 100 + 100
    expect(named('linear')).toMatchObject({ paper: null, params: { trainable: 0, trained: head } })
    expect(named('full').params).toEqual({ trainable: 85_798_656, trained: 85_798_656 + head })
    // 1.19 M in the paper: the adapters alone, at d = 64.
    expect(named('dyt')).toMatchObject({
      paper: 'arXiv:2403.11808',
      dispatches: true,
      params: { trainable: 1_189_632, trained: 1_189_632 + 12 * 769 + head },
      equation: expect.stringContaining('M Block(x)'),
      trainedParts: { adaptmlp: 1_189_632, mlp_token_select: 12 * 769, head },
      defaults: { bottleneck: 64, rate: 0.5 },
    })
  })

  it('says what is trained in words', async () => {
    const text = await output(false)
    expect(text).toMatch(
      /^linear +train the classification head alone\n +.*\n +0 parameters · trains weights in head\n/m,
    )
    expect(text).toMatch(/^full +train every weight\n +.*\n +85\.80 M parameters · trains every weight\n/m)
    expect(text).toMatch(
      / 1\.19 M parameters · trains weights in adapters, dispatchers and head · arXiv:2403\.11808\n/,
    )
    const lines = text.split('\n')
    for (const { name, summary } of tuners)
      expect(
        lines.filter((line) => line.startsWith(`${name} `) && line.endsWith(` ${summary}`)),
      ).toHaveLength(1)
  })
})
