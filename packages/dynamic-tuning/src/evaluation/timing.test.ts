import { describe, expect, it, vi } from 'vitest'
import { timeInTurn } from './timing.ts'

describe('timeInTurn', () => {
  it('runs cases alternately, leaves the warm-up out, and reports quantiles', async () => {
    const order: string[] = []
    let clock = 0
    const make = (name: string, durations: number[]) => ({
      name,
      run: async () => {
        order.push(name)
        clock += durations.shift() as number
      },
    })
    const cases = [make('a', [100, 1, 2, 3]), make('b', [500, 10, 30, 20])]
    const times = await timeInTurn(cases, { warmup: 1, rounds: 3 }, () => clock)
    expect(order.join('')).toBe('abababab')
    expect(times.get('a')).toEqual({ medianMs: 2, p10Ms: 1.2, p90Ms: 2.8 })
    expect(times.get('b')?.medianMs).toBe(20)
  })

  it('reads the clock of the system where none is given', async () => {
    const durations = [2, 7]
    let clock = 100
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock)
    const run = async () => {
      clock += durations.shift() as number
    }
    try {
      const times = await timeInTurn([{ name: 'a', run }], { warmup: 0, rounds: 2 })
      expect(times.get('a')).toEqual({ medianMs: 4.5, p10Ms: 2.5, p90Ms: 6.5 })
    } finally {
      spy.mockRestore()
    }
  })
})
