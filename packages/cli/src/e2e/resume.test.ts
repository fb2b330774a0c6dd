import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { adapterBytes, dyt, folderWithBackbone, quick, start, steadyMetrics } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

const finetune = ['finetune', ...quick, '--workers', '1', '--epochs', '40']

describe('dyt finetune, stopped by Ctrl-C', () => {
  it('says how to go on, and ends with the bits of a run that never stopped', async () => {
    const whole = start(folder, ...finetune, '--out', 'whole')
    const first = start(folder, ...finetune, '--out', 'parts', '--json')
    await first.said(/epoch +3\/40/)
    first.child.kill('SIGINT')
    const stopped = await first.ended
    expect(stopped.code).toBe(130)
    const { steps, finished } = JSON.parse(stopped.stdout) as { steps: number; finished: boolean }
    expect(finished).toBe(false)
    expect(stopped.stderr).toMatch(
      `Stopped after step ${steps}. Go on with: dyt finetune --resume --out parts\n`,
    )
    expect(adapterBytes(join(folder, 'parts'))).toBeUndefined()
    const unfinished = await dyt(folder, 'eval', 'parts')
    expect(unfinished.code).toBe(1)
    expect(unfinished.stderr).toMatch('dyt: run: parts has no adapter.safetensors, it was never finished.')

    const second = start(folder, 'finetune', '--resume', '--out', 'parts')
    await second.said(/epoch +15\/40/)
    second.child.kill('SIGTERM')
    expect((await second.ended).code).toBe(130)
    const last = await dyt(folder, 'finetune', '--resume', '--out', 'parts', '--json', '--quiet')
    expect(last).toMatchObject({ code: 0, stderr: '' })
    expect((await whole.ended).code).toBe(0)
    expect(adapterBytes(join(folder, 'parts'))?.equals(adapterBytes(join(folder, 'whole')) as Buffer)).toBe(
      true,
    )
    const unordered = (line: object) =>
      JSON.stringify(Object.entries(line).sort(([a], [b]) => (a < b ? -1 : 1)))
    expect(steadyMetrics(join(folder, 'parts')).map(unordered)).toEqual(
      steadyMetrics(join(folder, 'whole')).map(unordered),
    )

    const done = await dyt(folder, 'finetune', '--resume', '--out', 'parts', '--json', '--quiet')
    expect(JSON.parse(done.stdout)).toEqual(JSON.parse(last.stdout))
  })

  it('and by the signals of batch systems and closed terminals, which takes no notes any more', async () => {
    const lasting = [...finetune, '--epochs', '5000']
    const runs = (['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const).map(async (signal) => {
      const run = start(folder, ...lasting, '--out', signal)
      await run.said(/epoch +1\//)
      if (signal === 'SIGHUP') run.child.stderr?.destroy()
      run.child.kill(signal)
      if (signal === 'SIGHUP') run.child.kill('SIGHUP')
      const { code } = await run.ended
      const steps = steadyMetrics(join(folder, signal)).length
      return {
        code,
        saved: existsSync(join(folder, signal, 'checkpoint/state.safetensors')),
        some: steps > 0,
      }
    })
    const saved = { code: 130, saved: true, some: true }
    expect(await Promise.all(runs)).toEqual([saved, saved, saved])
  })

  it('refuses to go on with other settings', async () => {
    const ended = await dyt(folder, 'finetune', '--resume', '--out', 'whole', '--rate', '0.25')
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch('resume: the run was started with rate 0.5, got 0.25.')
  })

  it('keeps a second process out of its folder', async () => {
    const first = start(folder, ...finetune, '--epochs', '5000', '--out', 'busy')
    await first.said(/epoch +1\//)
    const others = await Promise.all([
      dyt(folder, ...finetune, '--out', 'busy', '--quiet'),
      dyt(folder, 'finetune', '--resume', '--out', 'busy', '--quiet'),
    ])
    first.child.kill('SIGINT')
    const { code } = await first.ended
    for (const other of others) {
      expect(other.code).toBe(1)
      expect(other.stderr).toMatch(/^dyt: run: busy is in use by process \d+\. .*\n$/)
    }
    expect(code).toBe(130)
    const afterwards = await dyt(folder, ...finetune, '--out', 'busy', '--quiet')
    expect(afterwards.stderr).toMatch(/^dyt: run: busy is not empty, .*\n$/)
  })

  it.skipIf(!existsSync('/dev/full'))(
    'keeps the last checkpoint when the disk is full (skipped without /dev/full)',
    async () => {
      const first = start(folder, ...finetune, '--epochs', '5000', '--out', 'full')
      await first.said(/epoch +1\//)
      first.child.kill('SIGINT')
      expect((await first.ended).code).toBe(130)
      const checkpoint = join(folder, 'full/checkpoint/state.safetensors')
      const before = readFileSync(checkpoint)
      const second = start(folder, 'finetune', '--resume', '--out', 'full')
      await second.said(/epoch +\d+\//)
      mkdirSync(join(folder, 'full/checkpoint'), { recursive: true })
      symlinkSync('/dev/full', `${checkpoint}.${second.child.pid}.tmp`)
      second.child.kill('SIGINT')
      const ended = await second.ended
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(
        /\ndyt: write: cannot write .*state\.safetensors, the disk is full\. .*\n$/,
      )
      expect(readFileSync(checkpoint).equals(before)).toBe(true)
      expect(readdirSync(join(folder, 'full/checkpoint'))).toEqual(['state.safetensors'])
      const third = start(folder, 'finetune', '--resume', '--out', 'full')
      await third.said(/epoch +\d+\//)
      third.child.kill('SIGINT')
      expect((await third.ended).code).toBe(130)
    },
  )
})
