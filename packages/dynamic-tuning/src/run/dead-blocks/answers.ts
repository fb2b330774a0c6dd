import type { CompileOptions } from '@dynamic-tuning/engine'
import type { Loader } from '../../data/loader/loader.ts'
import { argMaxAt } from '../../evaluation/evaluate.ts'
import { ActivityTally, type GateActivity } from '../../evaluation/gate-activity.ts'
import type { GateChoices, TunedModel } from '../tuned-run.ts'

/** What a model says of the same images in the same order, batch by batch. */
export interface Answers {
  readonly logits: readonly Float32Array[]
  readonly labels: readonly number[]
  readonly gates: readonly GateActivity[]
}

/** What models are asked about. */
export interface Questions {
  readonly model: TunedModel
  readonly loader: Loader<number>
  readonly compile: CompileOptions
}

/** Answers of a model with `choices`; it ends early where `goOn` refuses a batch, given its logits and number. */
export async function answersOf(
  { model, loader, compile }: Questions,
  choices: GateChoices,
  goOn: (logits: Float32Array, batch: number) => boolean = () => true,
): Promise<Answers> {
  const classifier = await model.classifier('skip', compile, choices)
  const activity = new ActivityTally(classifier.gates.sites, classifier.gates.perGate)
  const logits: Float32Array[] = []
  const labels: number[] = []
  try {
    for await (const batch of loader.epoch(0)) {
      const found = await classifier.classify(batch.images, undefined, { first: labels.length })
      logits.push(found.logits)
      labels.push(...batch.truths)
      if (found.masks) activity.add(found.masks)
      if (!goOn(found.logits, logits.length - 1)) break
    }
  } finally {
    await classifier.release()
  }
  return { logits, labels, gates: activity.result() }
}

/** The largest absolute logit. */
export function scaleOf(logits: Answers['logits']): number {
  return logits.reduce(
    (most, batch) => batch.reduce((largest, value) => Math.max(largest, Math.abs(value)), most),
    0,
  )
}

/** The largest absolute difference of two batches of logits. */
export function farthest(a: Float32Array, b: Float32Array): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)))
  return most
}

/** The predicted class of every image. */
export function predictions({ logits }: Answers, classes: number): number[] {
  return logits.flatMap((batch) =>
    Array.from({ length: batch.length / classes }, (_, i) => argMaxAt(batch, i * classes, classes)),
  )
}
