import { type Checkpoints, gradients, narrow, share } from '@dynamic-tuning/engine'
import type { WeightStore } from '../nn/weight-store.ts'
import { BatchMeans } from './batch-means.ts'
import { dynamicLoss } from './dynamic-loss.ts'
import {
  type LossGraph,
  type LossInputs,
  type ObjectiveOutputs,
  type ObjectiveSettings,
  outputsFor,
} from './loss-graph.ts'
import { pruningLoss } from './pruning-loss.ts'

/**
 * The graph of one training pass: the loss of Dynamic Tuning (Eq. 9), of DynamicViT or of the task alone, the
 * gradient of every trained weight, and the next value of every buffer.
 *
 * Inputs: `images` [B, 3, H, W]; the inputs of the task's loss, such as `targets` [B, K]; `noise`
 * [D, B, n, 1] with dispatch or predictors; `dropout` and, for the complete pass, `dropoutComplete`,
 * [A, B, T, F] as in `dropoutInput`, with adapter dropout; `temperature` [] if it is scheduled;
 * `dropPath` and `dropPathComplete` [2 L, I, 1] with drop path; those of
 * `BatchMeans` where the loss needs means over the whole batch.
 */
export function objective(store: WeightStore, settings: ObjectiveSettings): ObjectiveOutputs {
  const { network, taskLoss, loss, recompute } = settings
  const images = network.input()
  const targets = taskLoss.inputs(network.head.classes, network.sample)
  store.beginGraph()
  const run: LossInputs['run'] = (pass) => network.pass(store, images, pass)
  const batchMeans = new BatchMeans()
  const inputs = { network, taskLoss, loss, targets, batchMeans, run }
  const { passes, outputs: ofLoss } = lossOf(settings)(inputs)
  const buffers = [...store.buffers].map(([name, value]) => [nextOf(name), value] as const)
  const all = { ...ofLoss, ...batchMeans.outputs, ...Object.fromEntries(buffers) }
  const { outputs, checkpoints } = simplify(all, recompute ? passes : [])
  const trained = store.trainable
  const slopes = gradients(outputs.loss, [...trained.values()], { checkpoints })
  const named = [...trained.keys()].map((name) => `${gradient}${name}`)
  return { ...outputs, ...Object.fromEntries(slopes.map((slope, i) => [named[i], slope])) }
}

const gradient = 'grad.'
const next = 'next.'

/** The weight whose gradient is the output of this name of `objective`; undefined for other outputs. */
export function weightOf(output: string): string | undefined {
  return output.startsWith(gradient) ? output.slice(gradient.length) : undefined
}

/** The name of the output of `objective` with the next value of a buffer. */
export function nextOf(buffer: string): string {
  return `${next}${buffer}`
}

/** The buffer whose next value is the output of this name; undefined for other outputs. */
export function bufferOf(output: string): string | undefined {
  return output.startsWith(next) ? output.slice(next.length) : undefined
}

function lossOf({ network }: ObjectiveSettings): (inputs: LossInputs) => LossGraph {
  if (network.options.dispatch !== 'none') return dynamicLoss
  return network.reduction.reduction === 'dynamicvit' ? pruningLoss : plainLoss
}

function plainLoss({ taskLoss, targets, run }: LossInputs): LossGraph {
  const pass = run({ kind: 'train' })
  const outputs = outputsFor(taskLoss, pass)
  const terms = taskLoss.terms?.(outputs, targets)
  return { outputs: { loss: taskLoss.of(outputs, targets), ...terms, ...outputs }, passes: [pass.blocks] }
}

/** Removes unused and duplicate nodes, also among the outputs of all layers but the last of each pass. */
function simplify(
  named: LossGraph['outputs'],
  passes: LossGraph['passes'],
): { readonly outputs: LossGraph['outputs']; readonly checkpoints: Checkpoints } {
  const inner = passes.flatMap((blocks, pass) =>
    blocks.slice(0, -1).map((block, layer) => [`${pass} after ${layer}`, block] as const),
  )
  const all = share(narrow({ ...named, ...Object.fromEntries(inner) }))
  const { loss = named.loss } = all
  const outputs = Object.fromEntries(Object.entries(all).filter(([name]) => name in named))
  const layers = Math.max(0, ...passes.map((blocks) => blocks.length - 1))
  const at = (layer: number) => passes.flatMap((_, pass) => all[`${pass} after ${layer}`] ?? [])
  return {
    outputs: { ...outputs, loss },
    checkpoints: Array.from({ length: layers }, (_, layer) => at(layer)),
  }
}
