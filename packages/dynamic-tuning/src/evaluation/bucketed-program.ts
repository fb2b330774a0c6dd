import type { Feeds, Program, TensorData } from '@dynamic-tuning/engine'

/** How a program with fixed room for active tokens is made. */
export interface BucketSettings {
  /** The program with room for so many active patch tokens at each gate; `needed` [D] is among its outputs. */
  readonly build: (capacities: readonly number[]) => Promise<Program>
  /** Room to start with, for each of D gates. */
  readonly start: readonly number[]
  /** Patch tokens of an image: more room is never needed. */
  readonly tokens: number
}

/** Room grows in steps of a sixteenth of the tokens, so that few programs are made. */
const steps = 16

/**
 * A program that skips tokens with fixed sizes: where a batch needs more room at a gate than there is, the program is made
 * again with more and the batch repeated. The room never shrinks, so that after the first batches nothing is made again.
 * Runs follow one another.
 */
export async function bucketedProgram({ build, start, tokens }: BucketSettings): Promise<Program> {
  const rounded = (count: number): number => {
    const step = Math.max(1, Math.ceil(tokens / steps))
    return Math.min(tokens, Math.ceil(count / step) * step)
  }
  let capacities = start.map(rounded)
  let program = await build(capacities)
  let last: Promise<unknown> = Promise.resolve()

  async function fitting(feeds: Feeds): Promise<Record<string, TensorData>> {
    const outputs = await program.run(feeds)
    const needed = Array.from((outputs.needed as TensorData).data as Float32Array)
    if (needed.every((count, gate) => count <= (capacities[gate] as number))) return outputs
    const room = capacities.map((count, gate) => Math.max(count, rounded(needed[gate] as number)))
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
