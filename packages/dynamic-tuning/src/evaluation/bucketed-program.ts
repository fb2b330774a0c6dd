import type { Feeds, Program, TensorData } from '@dynamic-tuning/engine'

/** How to build a program with a fixed number of places for active tokens. */
export interface BucketSettings {
  /**
   * Builds the program with this many places for active patch tokens at each gate; its
   * outputs include `needed` [D].
   */
  readonly build: (capacities: readonly number[]) => Promise<Program>
  /** Places to start with, for each of D gates. */
  readonly start: readonly number[]
  /** Patch tokens of an image at each gate: the largest useful number of places. */
  readonly tokens: readonly number[]
}

/** The number of places grows in steps of a sixteenth of the tokens, so that few programs are built. */
const steps = 16

/**
 * A program that skips tokens with fixed sizes. If a batch needs more places at a gate, the program is built
 * again with more places and the batch is repeated. The number of places never shrinks, so that nothing is
 * rebuilt after the first batches. Runs are executed one after another.
 */
export async function bucketedProgram({ build, start, tokens }: BucketSettings): Promise<Program> {
  const rounded = (count: number, gate: number): number => {
    const most = tokens[gate] as number
    const step = Math.max(1, Math.ceil(most / steps))
    return Math.min(most, Math.ceil(count / step) * step)
  }
  let capacities = start.map(rounded)
  let program = await build(capacities)
  let last: Promise<unknown> = Promise.resolve()

  async function fitting(feeds: Feeds): Promise<Record<string, TensorData>> {
    const outputs = await program.run(feeds)
    const needed = Array.from((outputs.needed as TensorData).data as Float32Array)
    if (needed.every((count, gate) => count <= (capacities[gate] as number))) return outputs
    const room = capacities.map((count, gate) => Math.max(count, rounded(needed[gate] as number, gate)))
    const larger = await build(room)
    await program.release()
    program = larger
    capacities = room
    return fitting(feeds)
  }

  const { inputs, outputs } = program
  return {
    inputs,
    outputs,
    run(feeds) {
      const result = last.then(() => fitting(feeds))
      last = result.catch(() => undefined)
      return result
    },
    release: () => program.release(),
  }
}
