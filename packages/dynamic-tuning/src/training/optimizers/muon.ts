import type { Program } from '@dynamic-tuning/engine'
import { entryOf } from '../entry-of.ts'
import { floatData } from '../float-data.ts'
import { AdamW, type AdamWSettings } from './adamw.ts'
import { oneGroup } from './groups.ts'
import { compileNewtonSchulz } from './newton-schulz.ts'
import type { OptimizedWeights, Optimizer } from './optimizer.ts'

/** Settings of Muon; `adamw` updates all other weights, and its decay and groups apply to both. */
export interface MuonSettings {
  readonly momentum: number
  /** Factor of the learning rate for the matrices. */
  readonly rateFactor: number
  readonly adamw: AdamWSettings
  readonly threads: number
}

/** Hidden matrices: all linear weights inside layers. */
const hiddenMatrix = /^(?:layers\.\d+\.)?blocks\.\d+\..*\.weight$/

/**
 * Muon (Jordan et al., 2024): a hidden matrix W [M, N] moves along its orthogonalised momentum,
 * m = momentum m + g, W = W (1 - lr wd) - 0.2 lr sqrt(max(M, N)) NewtonSchulz(g + momentum m).
 * The factor gives updates the size of AdamW's (Liu et al., arXiv:2502.16982), so both share one rate.
 * AdamW updates all other weights.
 */
export class Muon implements Optimizer {
  private readonly buffers = new Map<string, Float32Array>()

  private constructor(
    private readonly matrices: OptimizedWeights,
    private readonly adamw: AdamW,
    private readonly program: Program,
    private readonly settings: MuonSettings,
  ) {
    for (const [name, { data }] of matrices) this.buffers.set(name, new Float32Array(data.length))
  }

  static async create(weights: OptimizedWeights, settings: MuonSettings): Promise<Muon> {
    const isMatrix = ([name, { shape }]: [string, { readonly shape: readonly number[] }]): boolean =>
      shape.length === 2 && hiddenMatrix.test(name)
    const matrices = new Map([...weights].filter(isMatrix))
    const others = new Map([...weights].filter((entry) => !isMatrix(entry)))
    const shapes = new Map([...matrices].map(([name, { shape }]) => [name, shape]))
    const program = await compileNewtonSchulz(shapes, settings.threads)
    return new Muon(matrices, new AdamW(others, settings.adamw), program, settings)
  }

  get step(): number {
    return this.adamw.step
  }

  set step(done: number) {
    this.adamw.step = done
  }

  async update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): Promise<void> {
    this.adamw.update(gradients, learningRate)
    const directions: Record<string, Float32Array> = {}
    for (const [name, buffer] of this.buffers)
      directions[name] = nesterov(buffer, entryOf(gradients, name, 'gradient'), this.settings.momentum)
    const directionOf = await this.orthogonalized(directions)
    const { weightDecay, groupOf = oneGroup } = this.settings.adamw
    for (const [name, { data, shape }] of this.matrices) {
      const { rateFactor, decays } = groupOf(name, shape)
      const rate = learningRate * this.settings.rateFactor * rateFactor
      const keep = decays ? 1 - rate * weightDecay : 1
      const direction = entryOf(directionOf, name, 'direction')
      const size = 0.2 * rate * Math.sqrt(Math.max(...shape))
      for (let i = 0; i < data.length; i++)
        data[i] = keep * (data[i] as number) - size * (direction[i] as number)
    }
  }

  private async orthogonalized(directions: Record<string, Float32Array>): Promise<Map<string, Float32Array>> {
    const outputs = Object.entries(await this.program.run(directions))
    return new Map(outputs.map(([name, tensor]) => [name.replace(/^out\./, ''), floatData(tensor, name)]))
  }

  *moments(): Generator<[string, Float32Array]> {
    yield* this.adamw.moments()
    for (const [name, buffer] of this.buffers) yield [`muon.momentum.${name}`, buffer]
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/** Adds the gradient to the momentum in place and returns Nesterov's look-ahead, g + momentum m. */
function nesterov(buffer: Float32Array, gradient: Float32Array, momentum: number): Float32Array {
  const direction = new Float32Array(buffer.length)
  for (let i = 0; i < buffer.length; i++) {
    const g = gradient[i] as number
    const m = momentum * (buffer[i] as number) + g
    buffer[i] = m
    direction[i] = g + momentum * m
  }
  return direction
}
