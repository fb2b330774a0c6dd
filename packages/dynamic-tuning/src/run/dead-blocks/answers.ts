import type { CompileOptions } from '@dynamic-tuning/engine'
import type { Loader } from '../../data/loader/loader.ts'
import { firstRows } from '../../data/samples/first-rows.ts'
import { classifyBatch } from '../../evaluation/classify-batch.ts'
import { ActivityTally, type GateActivity } from '../../evaluation/gate-activity.ts'
import type { Score } from '../../evaluation/tally.ts'
import type { Outputs } from '../../network/outputs.ts'
import type { GateChoices, TunedModel } from '../tuned-run.ts'

/** Outputs of a model for the same images in the same order. */
export interface Answers {
  /** Batch by batch. */
  readonly outputs: readonly Outputs[]
  /** The model's answer for each image, without its confidence. */
  readonly said: readonly string[]
  readonly score: Score
  readonly gates: readonly GateActivity[]
}

/** The images that models are asked about. */
export interface Questions {
  readonly model: TunedModel
  readonly loader: Loader
  readonly compile: CompileOptions
}

/**
 * Answers of a model with `choices`; stops early if `goOn`, called with a batch's outputs and
 * number, returns false.
 */
export async function answersOf(
  { model, loader, compile }: Questions,
  choices: GateChoices,
  goOn: (outputs: Outputs, batch: number) => boolean = () => true,
): Promise<Answers> {
  const { task } = model
  const tally = task.tally(model)
  const classifier = await model.classifier('skip', compile, choices)
  const activity = new ActivityTally(classifier.gates.sites, classifier.gates.perGate)
  const all: Outputs[] = []
  const said: string[] = []
  let first = 0
  try {
    for await (const batch of loader.epoch(0)) {
      const { rows, truths, places } = batch
      const found = await classifyBatch(classifier, loader.sample, batch, { first })
      const { outputs } = found
      all.push(outputs)
      tally.add(outputs, truths, places)
      for (const { row, place } of firstRows(truths.map((_, i) => places?.[i])))
        said.push(task.answer.gist(task.answer.of(outputs, row, model, { place })))
      first += rows
      if (found.masks) activity.add(found.masks)
      if (!goOn(outputs, all.length - 1)) break
    }
  } finally {
    await classifier.release()
  }
  return { outputs: all, said, score: tally.result(), gates: activity.result() }
}

/** The largest absolute output. */
export function scaleOf({ outputs }: Pick<Answers, 'outputs'>): number {
  return outputs
    .flatMap((batch) => Object.values(batch))
    .reduce((most, { data }) => data.reduce((largest, value) => Math.max(largest, Math.abs(value)), most), 0)
}

/** The largest absolute difference between the outputs for a batch; infinite if one of them is missing. */
export function farthest(a: Outputs, b: Outputs | undefined): number {
  const differences = Object.entries(a).map(([name, { data }]) => {
    const other = b?.[name]?.data
    if (other === undefined) return Number.POSITIVE_INFINITY
    return data.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN))), 0)
  })
  return Math.max(0, ...differences)
}
