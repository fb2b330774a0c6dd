import type { TensorData } from '@dynamic-tuning/engine'
import type { Batch } from '../data/loader/batch.ts'
import type { Loader } from '../data/loader/loader.ts'
import { RunError } from '../errors.ts'
import { loadCheckpoint, saveCheckpoint } from '../io/run-checkpoint.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { EpochTally } from './epoch-tally.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { restoreArrays } from './restore.ts'
import { learningRateAt, type ScheduleSettings } from './schedule.ts'
import type { StepBatch } from './step-feeds.ts'
import type { StepResult, TrainableStep } from './training-step.ts'

/** How well the model does on held-out images. */
export interface Validation {
  readonly accuracy: number
  readonly loss: number
  readonly activeRate: number | undefined
  readonly activeRatePerLayer: readonly number[] | undefined
}

/** One line of `metrics.jsonl` after a step. */
export interface StepMetrics {
  readonly kind: 'step'
  /** Steps done. */
  readonly step: number
  readonly epoch: number
  readonly lr: number
  readonly accuracy: number
  readonly imagesPerSecond: number
  /** Share of the time up to the end of this step that was spent waiting for its images. */
  readonly loaderWaitShare: number
  readonly memoryMB: number
  /** The loss, its terms and the rate by name. */
  readonly [term: string]: number | string
}

/** How long a whole run is. */
export interface TrainTotal {
  readonly steps: number
  readonly epochs: number
}

/** One line of `metrics.jsonl` after an epoch. */
export interface EpochMetrics {
  readonly kind: 'epoch'
  readonly epoch: number
  readonly step: number
  readonly trainLoss: number
  readonly trainAccuracy: number
  readonly validationAccuracy?: number
  readonly validationLoss?: number
  readonly activeRate?: number
  readonly activeRatePerLayer?: readonly number[]
  /** Inside steps. */
  readonly seconds: number
  /** Before steps, until their images were there. */
  readonly waitSeconds: number
}

/** What a training run is made of. */
export interface TrainerSettings {
  readonly step: TrainableStep
  readonly loader: Loader<number>
  /** Soft labels (and mixed images) of a batch. */
  readonly prepare: (batch: Batch<number>, step: number) => StepBatch
  readonly epochs: number
  readonly schedule: Omit<ScheduleSettings, 'totalSteps'>
  /** Moves the step's weights. */
  readonly optimizer: Optimizer
  /** Called after an epoch, or only after those that `validateEvery` divides, and after the last. */
  readonly validate?: (weights: ReadonlyMap<string, TensorData>) => Promise<Validation>
  readonly validateEvery?: number
  /** Metrics and checkpoints go here. */
  readonly run?: RunFolder
  /** Continue from the run's checkpoint. */
  readonly resume?: boolean
  /** Least seconds between two checkpoints inside an epoch. Default 120. */
  readonly checkpointSeconds?: number
  /** Ends the run cleanly, with a checkpoint, after the step under way. */
  readonly signal?: AbortSignal
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
  readonly onEpoch?: (metrics: EpochMetrics) => void
}

/** How a run ended. */
export interface TrainOutcome {
  /** false where `signal` stopped it. */
  readonly finished: boolean
  readonly steps: number
  readonly weights: Map<string, TensorData<'float32'>>
  readonly last: EpochMetrics | undefined
}

/**
 * Trains for a number of epochs. Everything that happens in a step follows from the seed, the epoch and the step, so a run
 * that is stopped and resumed ends with the same bits as one that never was.
 */
export async function train(settings: TrainerSettings): Promise<TrainOutcome> {
  return new Trainer(settings).run()
}

class Trainer {
  private readonly optimizer: Optimizer
  private readonly tally = new EpochTally()
  private readonly total: number
  private done = 0
  /** The loader's waiting time that earlier steps account for. */
  private waited = 0
  private savedAt = performance.now()
  private last: EpochMetrics | undefined

  constructor(private readonly settings: TrainerSettings) {
    this.optimizer = settings.optimizer
    this.total = settings.epochs * settings.loader.stepsPerEpoch
    if (settings.resume && settings.run) this.restore(settings.run)
  }

  async run(): Promise<TrainOutcome> {
    const { loader, epochs, signal, step } = this.settings
    let epoch = Math.floor(this.done / loader.stepsPerEpoch)
    for (; epoch < epochs && !signal?.aborted; epoch++) {
      for await (const batch of loader.epoch(epoch, { fromStep: this.done % loader.stepsPerEpoch })) {
        await this.step(batch, epoch)
        if (signal?.aborted) break
        if (this.isSaveDue()) this.save()
      }
      if (this.done === (epoch + 1) * loader.stepsPerEpoch) await this.endEpoch(epoch)
    }
    this.save()
    return { finished: this.done >= this.total, steps: this.done, weights: step.weights, last: this.last }
  }

  private async step(batch: Batch<number>, epoch: number): Promise<void> {
    const { step, schedule, prepare, run, onStep, loader } = this.settings
    const start = performance.now()
    const waitSeconds = loader.waitSeconds - this.waited
    this.waited = loader.waitSeconds
    const lr = learningRateAt(this.done, { ...schedule, totalSteps: this.total })
    const prepared = prepare(batch, this.done)
    const result = await step.run(prepared, this.done)
    this.checkLoss(result.scalars.loss as number)
    await this.optimizer.update(result.gradients, lr)
    this.done++
    const seconds = (performance.now() - start) / 1000
    const correct = countCorrect(result, batch.truths)
    const { size } = batch
    const loss = (result.scalars.loss as number) * size
    this.tally.add({ images: size, loss, correct, seconds, waitSeconds })
    const metrics = stepMetrics(result, { step: this.done, epoch, lr, size, correct, seconds, waitSeconds })
    run?.appendMetric(metrics)
    onStep?.(metrics, { steps: this.total, epochs: this.settings.epochs })
  }

  /** Weights never see the gradients of such a step, so the last checkpoint stays usable. */
  private checkLoss(loss: number): void {
    if (Number.isFinite(loss)) return
    throw new RunError(
      `train: the loss is ${loss} at step ${this.done + 1}. Start again with a smaller learning rate${this.settings.run ? `; the last checkpoint in ${this.settings.run.path} is kept` : ''}.`,
    )
  }

  private async endEpoch(epoch: number): Promise<void> {
    const { validate, validateEvery = 1, run, onEpoch, epochs, step } = this.settings
    const due = (epoch + 1) % validateEvery === 0 || epoch + 1 === epochs
    const validation = due ? await validate?.(step.weights) : undefined
    this.last = {
      kind: 'epoch',
      epoch,
      step: this.done,
      ...this.tally.take(),
      ...validationMetrics(validation),
    }
    run?.appendMetric(this.last)
    onEpoch?.(this.last)
    if (performance.now() - this.savedAt > 10_000) this.save()
  }

  /** Never between an epoch's last step and its validation, which would be lost on resuming. */
  private isSaveDue(): boolean {
    const { loader, checkpointSeconds = 120 } = this.settings
    const inside = this.done % loader.stepsPerEpoch !== 0
    return inside && performance.now() - this.savedAt > checkpointSeconds * 1000
  }

  private save(): void {
    const { run, step } = this.settings
    if (!run) return
    const moments = [...this.optimizer.moments()].map(([name, data]): [string, TensorData] => [
      name,
      { dtype: 'float32', shape: [data.length], data },
    ])
    saveCheckpoint(run, {
      step: this.done,
      epoch: Math.floor(this.done / this.settings.loader.stepsPerEpoch),
      tensors: new Map([...step.weights, ...moments]),
      state: { tally: this.tally.state, total: this.total, last: this.last ?? null },
    })
    this.savedAt = performance.now()
  }

  private restore(run: RunFolder): void {
    const checkpoint = loadCheckpoint(run)
    const weights = [...this.settings.step.weights].map(([name, { data }]): [string, Float32Array] => [
      name,
      data,
    ])
    restoreArrays(run.checkpointPath, [...weights, ...this.optimizer.moments()], checkpoint.tensors)
    this.done = checkpoint.step
    this.optimizer.step = checkpoint.step
    const state = checkpoint.state as { tally: EpochTally['state']; last: EpochMetrics | null }
    this.tally.state = state.tally
    this.last = state.last ?? undefined
    run.truncateMetricsAfter(this.done)
  }
}

function countCorrect({ logits }: StepResult, labels: readonly number[]): number {
  const classes = logits.length / labels.length
  let correct = 0
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes)
    if (row.indexOf(Math.max(...row)) === label) correct++
  }
  return correct
}

function stepMetrics(
  result: StepResult,
  at: Pick<StepMetrics, 'step' | 'epoch' | 'lr'> & {
    size: number
    correct: number
    seconds: number
    waitSeconds: number
  },
): StepMetrics {
  const rates = result.activeRatePerGate
  const active: Record<string, number> =
    rates.length === 0 ? {} : { activeRate: rates.reduce((a, b) => a + b, 0) / rates.length }
  return {
    kind: 'step',
    step: at.step,
    epoch: at.epoch,
    lr: at.lr,
    ...result.scalars,
    ...active,
    accuracy: at.correct / at.size,
    imagesPerSecond: at.size / at.seconds,
    loaderWaitShare: at.waitSeconds / (at.waitSeconds + at.seconds),
    memoryMB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}

function validationMetrics(validation: Validation | undefined): Partial<EpochMetrics> {
  if (!validation) return {}
  const { accuracy, loss, activeRate, activeRatePerLayer } = validation
  return {
    validationAccuracy: accuracy,
    validationLoss: loss,
    ...(activeRate === undefined ? {} : { activeRate }),
    ...(activeRatePerLayer === undefined ? {} : { activeRatePerLayer }),
  }
}
