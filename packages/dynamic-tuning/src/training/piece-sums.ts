import type { TensorData } from '@dynamic-tuning/engine'
import { meanOf } from './batch-means.ts'
import { floatData } from './float-data.ts'
import type { PassResult } from './learner.ts'
import type { Piece } from './means-pass.ts'
import { bufferOf, weightOf } from './objective.ts'
import type { StepBatch } from './step-feeds.ts'

/** Outputs of gates and predictors that have one row per image. */
const decisions = ['masks', 'soft', 'dispatcherLogits', 'keepDecisions'] as const

/** Averages the outputs of the pieces of a batch, each weighted by its share. */
export class PieceSums {
  private readonly scalars: Record<string, number> = {}
  private readonly gradients = new Map<string, Float32Array>()
  private readonly rows: Record<string, TensorData<'float32'>> = {}
  private rates: number[] = []

  /** `ofTask`: names of the outputs that the task's loss uses. */
  constructor(
    private readonly batch: StepBatch,
    private readonly ofTask: readonly string[],
  ) {}

  add(outputs: Record<string, TensorData>, { first, size }: Piece): void {
    const share = size / this.batch.size
    for (const name of [...this.ofTask, ...decisions])
      if (outputs[name]) this.addRows(name, outputs[name], first, size)
    for (const [name, tensor] of Object.entries(outputs)) {
      const values = floatData(tensor, name)
      const weight = weightOf(name)
      if (bufferOf(name) !== undefined || meanOf(name) !== undefined) continue
      if (name === 'activeRatePerGate')
        this.rates = Array.from(values, (rate, i) => (this.rates[i] ?? 0) + rate * share)
      else if (weight !== undefined) this.addGradient(weight, values, share)
      else if (tensor.shape.length === 0)
        this.scalars[name] = (this.scalars[name] ?? 0) + (values[0] ?? Number.NaN) * share
    }
  }

  private addRows(name: string, tensor: TensorData, first: number, size: number): void {
    const data = floatData(tensor, name)
    const width = data.length / size
    const { data: all } = this.rows[name] ?? { data: new Float32Array(this.batch.size * width) }
    all.set(data, first * width)
    this.rows[name] = { dtype: 'float32', shape: [this.batch.size, ...tensor.shape.slice(1)], data: all }
  }

  private addGradient(name: string, values: Float32Array, share: number): void {
    if (share === 1) {
      this.gradients.set(name, values)
      return
    }
    const sum = this.gradients.get(name) ?? new Float32Array(values.length)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + share * (values[i] as number)
    this.gradients.set(name, sum)
  }

  result(): PassResult {
    const { scalars, gradients, rates } = this
    const [masks, soft, dispatcherLogits, keepDecisions] = decisions.map((name) => this.rows[name]?.data)
    const gates = masks && soft && dispatcherLogits && { masks, soft, dispatcherLogits }
    const outputs = Object.fromEntries(
      this.ofTask.flatMap((name) => {
        const rows = this.rows[name]
        return rows ? [[name, rows]] : []
      }),
    )
    return { scalars, outputs, gradients, activeRatePerGate: rates, gates, keepDecisions }
  }
}
