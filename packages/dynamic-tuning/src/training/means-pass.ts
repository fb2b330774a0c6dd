import { type CompileOptions, compile, type Feeds, type Program, type Tensor } from '@dynamic-tuning/engine'
import { type Means, meanOf } from './batch-means.ts'
import { floatData } from './float-data.ts'

/** Images `first` .. `first + size - 1` of a batch. */
export interface Piece {
  readonly first: number
  readonly size: number
}

/**
 * Cuts a batch into pieces of `most` images; the last one may be smaller. What is left joins the piece before
 * where it would be less than `least`.
 */
export function piecesOf(images: number, most: number, least = 1): Piece[] {
  const whole = Math.floor(images / most)
  const left = images - whole * most
  const count = left >= least || whole === 0 ? Math.ceil(images / most) : whole
  return Array.from({ length: count }, (_, i) => ({
    first: i * most,
    size: i === count - 1 ? images - i * most : most,
  }))
}

/**
 * Finds means over a batch that runs in pieces before their gradients are taken, with the part of the
 * training graph that leads to them. For the gates of Dynamic Tuning that is the dynamic model without its
 * last MLP and head, on active tokens only, and without gradients. The other exact way, a second set of
 * gradients in every piece (of the mean, to be scaled when the mean is known), needs a second backward pass:
 * for ViT-S in four pieces it adds twice as much to a step.
 */
export class MeansPass {
  private program: Promise<Program> | undefined

  /** `outputs`: those of a training graph; it is compiled when a batch first runs in pieces. */
  constructor(
    private readonly outputs: Readonly<Record<string, Tensor>>,
    private readonly options: CompileOptions,
  ) {}

  /** Means over a piece; `feedsOf` gives the feeds of a program. */
  async run(feedsOf: (inputs: Program['inputs']) => Feeds): Promise<Means> {
    const named = Object.entries(this.outputs).filter(([name]) => meanOf(name) !== undefined)
    if (named.length === 0) return {}
    this.program ??= compile(Object.fromEntries(named), this.options)
    const program = await this.program
    return meansIn(await program.run(feedsOf(program.inputs)))
  }

  async release(): Promise<void> {
    await (await this.program)?.release()
  }
}

/** The means among the outputs of a pass. */
export function meansIn(outputs: Awaited<ReturnType<Program['run']>>): Means {
  const found = Object.entries(outputs).flatMap(([output, tensor]) => {
    const name = meanOf(output)
    return name === undefined ? [] : [[name, floatData(tensor, output)[0] ?? Number.NaN] as const]
  })
  return Object.fromEntries(found)
}

/** The sum of share times mean over all pieces but number `own`. */
export function meansOfOthers(means: readonly Means[], pieces: readonly Piece[], own: number): Means {
  const images = pieces.reduce((sum, { size }) => sum + size, 0)
  const sums: Record<string, number> = {}
  for (const [i, { size }] of pieces.entries())
    for (const [name, mean] of Object.entries(i === own ? {} : (means[i] ?? {})))
      sums[name] = (sums[name] ?? 0) + (mean * size) / images
  return sums
}
