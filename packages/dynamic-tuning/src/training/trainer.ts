import type { TensorData } from '@dynamic-tuning/engine'
import type { Batch } from '../data/loader/batch.ts'
import type { Loader } from '../data/loader/loader.ts'
import { RunError } from '../errors.ts'
import { EpochTally } from './epoch-tally.ts'
import type { Learner, StepResult } from './learner.ts'
import { readLoopState, writeLoopState } from './loop-state.ts'
import { type EpochMetrics, type MetricFields, type StepMetrics, stepMetrics } from './metrics.ts'
import type { RunLog } from './run-log.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { StepBatch } from './step-feeds.ts'

/** Length of a whole run. */
export interface TrainTotal {
  readonly steps: number
  readonly epochs: number
}

/** Values of trained weights and buffers by name. */
export type TrainedWeights = ReadonlyMap<string, TensorData<'float32'>>

/** Settings of a training run. */
export interface TrainerSettings<T = unknown> {
  readonly learner: Learner
  readonly loader: Pick<Loader<T>, 'epoch' | 'stepsPerEpoch' | 'waitSeconds'>
  /** Converts a batch to the input of a step (targets, mixed images). */
  readonly prepare: (batch: Batch<T>, step: number) => StepBatch
  readonly epochs: number
  readonly learningRateAt: Schedule
  /**
   * Measures of a batch by name, means over its samples. Their means over the epoch
   * are logged as `train<Name>`.
   */
  readonly score?: (result: StepResult, batch: Batch<T>) => Readonly<Record<string, number>>
  /** Additional fields for an epoch's line: every `validateEvery` epochs, and after the last. */
  readonly validate?: (weights: TrainedWeights) => Promise<MetricFields>
  readonly validateEvery?: number
  /** Receives metrics and checkpoints. */
  readonly log?: RunLog
  /** True to continue from the checkpoint in `log`, or from the first step if it has none. */
  readonly resume?: boolean
  /** Minimum time between two checkpoints inside an epoch. Default 120. */
  readonly checkpointSeconds?: number
  /** Memory used by the process, in MB of 2^20 bytes, for the line of a step. */
  readonly memoryMB?: () => number
  /** Stops the run cleanly, with a checkpoint, after the current step. */
  readonly signal?: AbortSignal
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
  readonly onEpoch?: (metrics: EpochMetrics) => void
}

/** How a run ended. */
export interface TrainOutcome {
  /** False if `signal` stopped it. */
  readonly finished: boolean
  readonly steps: number
  readonly weights: TrainedWeights
  readonly last: EpochMetrics | undefined
}

/**
 * Trains for a number of epochs. A step depends only on the seed, the epoch and the step number: a run that
 * is stopped and resumed ends with the same bits as an uninterrupted one.
 */
export async function train<T>(settings: TrainerSettings<T>): Promise<TrainOutcome> {
  return new Trainer(settings).run()
}

class Trainer<T> {
  private tally = new EpochTally()
  private readonly total: number
  private done = 0
  /** The loader's waiting time that is already counted for earlier steps. */
  private waited = 0
  private savedAt = performance.now()
  /** The step of the checkpoint in the log. */
  private savedStep: number | undefined
  private last: EpochMetrics | undefined

  constructor(private readonly settings: TrainerSettings<T>) {
    this.total = settings.epochs * settings.loader.stepsPerEpoch
  }

  async run(): Promise<TrainOutcome> {
    const { loader, epochs, signal, learner, resume, log } = this.settings
    if (resume && log) await this.restore(log)
    let epoch = Math.floor(this.done / loader.stepsPerEpoch)
    for (; epoch < epochs && !signal?.aborted; epoch++) {
      for await (const batch of loader.epoch(epoch, { fromStep: this.done % loader.stepsPerEpoch, signal })) {
        await this.step(batch, epoch)
        if (signal?.aborted) break
        if (this.isSaveDue()) await this.save()
      }
      if (this.done === (epoch + 1) * loader.stepsPerEpoch) await this.endEpoch(epoch)
    }
    await this.save()
    const weights = await learner.weights()
    return { finished: this.done >= this.total, steps: this.done, weights, last: this.last }
  }

  private async step(batch: Batch<T>, epoch: number): Promise<void> {
    const { learner, learningRateAt, prepare, log, onStep, loader, score, memoryMB } = this.settings
    const start = performance.now()
    const waitSeconds = loader.waitSeconds - this.waited
    this.waited = loader.waitSeconds
    const lr = learningRateAt(this.done)
    const result = await learner.step(prepare(batch, this.done), this.done, lr)
    const loss = this.checkedLoss(result)
    this.done++
    const seconds = (performance.now() - start) / 1000
    const scores = score?.(result, batch) ?? {}
    const { size } = batch
    const means = { size, loss, scores, seconds, waitSeconds }
    this.tally.add(means)
    const metrics = stepMetrics(result, { step: this.done, epoch, lr }, means, memoryMB?.())
    log?.appendMetric(metrics)
    onStep?.(metrics, { steps: this.total, epochs: this.settings.epochs })
  }

  /** Checked before anything is saved, so that the last checkpoint stays usable. */
  private checkedLoss({ scalars: { loss } }: StepResult): number {
    if (loss !== undefined && Number.isFinite(loss)) return loss
    const { log } = this.settings
    const kept = log && this.savedStep !== undefined
    throw new RunError(
      `train: the loss is ${loss} at step ${this.done + 1}. Start again with a smaller learning rate${kept ? `; the checkpoint of step ${this.savedStep} in ${log.path} is kept` : ''}.`,
    )
  }

  private async endEpoch(epoch: number): Promise<void> {
    const { validate, validateEvery = 1, log, onEpoch, epochs, learner } = this.settings
    const due = (epoch + 1) % validateEvery === 0 || epoch + 1 === epochs
    const validation = due && validate ? await validate(await learner.weights()) : {}
    this.last = { kind: 'epoch', epoch, step: this.done, ...this.tally.take(), ...validation }
    log?.appendMetric(this.last)
    onEpoch?.(this.last)
    if (performance.now() - this.savedAt > 10_000) await this.save()
  }

  /** False between an epoch's last step and its validation: resuming from there would skip the validation. */
  private isSaveDue(): boolean {
    const { loader, checkpointSeconds = 120 } = this.settings
    const inside = this.done % loader.stepsPerEpoch !== 0
    return inside && performance.now() - this.savedAt > checkpointSeconds * 1000
  }

  private async save(): Promise<void> {
    const { log, learner, loader } = this.settings
    if (!log) return
    log.saveCheckpoint({
      step: this.done,
      epoch: Math.floor(this.done / loader.stepsPerEpoch),
      tensors: (await learner.state()).tensors,
      state: writeLoopState({ tally: this.tally, last: this.last }, this.total),
    })
    this.savedAt = performance.now()
    this.savedStep = this.done
  }

  private async restore(log: RunLog): Promise<void> {
    const snapshot = log.loadCheckpoint()
    if (snapshot === undefined) return log.truncateMetricsAfter(0)
    const { step, tensors, state } = snapshot
    await this.settings.learner.restore({ steps: step, tensors }, log.checkpointPath)
    this.done = step
    this.savedStep = step
    const { tally, last } = readLoopState(state, log.checkpointPath)
    this.tally = tally
    this.last = last
    log.truncateMetricsAfter(step)
  }
}
