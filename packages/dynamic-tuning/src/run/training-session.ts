import type { Batch } from '../data/loader/batch.ts'
import type { Loader } from '../data/loader/loader.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import type { TaskContext } from '../evaluation/task-context.ts'
import type { RunFolder } from '../io/run-folder.ts'
import type { Task } from '../tasks/task.ts'
import type { Learner } from '../training/learner.ts'
import { type ScheduleName, scheduleNamed } from '../training/schedules/registry.ts'
import type { StepBatch } from '../training/step-feeds.ts'
import { type TrainerSettings, type TrainOutcome, train } from '../training/trainer.ts'
import { withOpened } from './opened.ts'
import type { RunControl } from './run-control.ts'
import { stepScore, validationFields } from './training-scores.ts'

/** Settings of any run that trains. */
export interface SessionSettings {
  readonly epochs: number
  readonly learningRate: number
  readonly minimumLearningRate: number
  readonly warmupEpochs: number
  /** Default: half a cosine. */
  readonly schedule?: ScheduleName
  readonly schedulePower?: number
}

/** How a run is validated between epochs. */
export interface SessionValidation {
  /** The samples to validate on. */
  readonly loader: Loader
  readonly classifier: () => Promise<Classifier>
  /** Epochs from one validation to the next. Default 1. */
  readonly every?: number
  /** Name of a measure to log beside the task's primary one, such as the one papers report on the data. */
  readonly metric?: string | undefined
}

/** What differs between kinds of runs; the session closes everything in it. */
export interface SessionParts {
  readonly task: Task
  readonly context: TaskContext
  readonly loader: Loader
  readonly learner: () => Promise<Learner>
  readonly validation?: SessionValidation
  readonly prepare: (batch: Batch, step: number) => StepBatch
  /** The method's factor of the learning rate. Default 1. */
  readonly rateFactor?: number
}

/**
 * Trains into a run folder: opens what is missing, drives the loop, and closes everything, even if it fails.
 */
export function trainingSession(
  run: RunFolder,
  settings: SessionSettings,
  parts: SessionParts,
  control: Omit<RunControl, 'out'>,
): Promise<TrainOutcome> {
  const { loader, validation, prepare, rateFactor = 1 } = parts
  return withOpened(async (opened) => {
    opened.addClosable(loader)
    if (validation) opened.addClosable(validation.loader)
    const learner = opened.add(await parts.learner())
    const classifier = validation && opened.add(await validation.classifier())
    const { resume, signal, onStep, onEpoch } = control
    return train({
      ...{ learner, loader, prepare, log: run, epochs: settings.epochs },
      ...{ resume, signal, onStep, onEpoch },
      learningRateAt: scheduleOf(settings, rateFactor, loader.stepsPerEpoch),
      score: stepScore(parts.task),
      ...(validation && classifier && validationBy(classifier, validation, parts)),
      memoryMB: () => Math.round(process.memoryUsage.rss() / 2 ** 20),
    })
  })
}

function validationBy(
  classifier: Classifier,
  { loader, every, metric }: SessionValidation,
  { task, context }: SessionParts,
): Pick<TrainerSettings, 'validate' | 'validateEvery'> {
  return {
    validate: async (weights) =>
      validationFields(task, await evaluate(classifier, loader, task.tally(context), { weights }), metric),
    validateEvery: every,
  }
}

function scheduleOf(
  settings: SessionSettings,
  factor: number,
  stepsPerEpoch: number,
): (step: number) => number {
  const { learningRate, minimumLearningRate, warmupEpochs, epochs } = settings
  const { schedule = 'cosine', schedulePower = 1 } = settings
  return scheduleNamed({
    ...{ schedule, schedulePower },
    learningRate: learningRate * factor,
    minimum: minimumLearningRate * factor,
    warmupSteps: Math.round(warmupEpochs * stepsPerEpoch),
    totalSteps: epochs * stepsPerEpoch,
  })
}
