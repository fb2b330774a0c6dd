import type { CompileOptions, TensorData } from '@dynamic-tuning/engine'
import { DataError } from '../../errors.ts'
import { Classifier } from '../../evaluation/classifier.ts'
import type { InferenceKind } from '../../network/pass.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { present } from '../../present.ts'
import { type Fixture, fixtureInput } from '../fixture.ts'
import type { DytSettings } from './dyt-settings.ts'

/** Everything needed to run a Dynamic Tuning fixture. */
export interface DytRun {
  readonly fixture: Fixture
  readonly settings: DytSettings
  readonly tensors: ReadonlyMap<string, TensorData>
  readonly compile: CompileOptions
}

/** Logits and masks of masked and skipping inference; `weights` are those that training changed. */
export async function bothWays(
  run: DytRun,
  name: string,
  weights: ReadonlyMap<string, TensorData>,
  suffix = '',
): Promise<[string, TensorData][]> {
  const masked = await classify(run, name, 'masked', weights)
  const skipping = await classify(run, name, 'skip', weights)
  return [
    ...masked.map(([key, value]): [string, TensorData] => [suffix ? `${key} (masked${suffix})` : key, value]),
    ...skipping.map(([key, value]): [string, TensorData] => [`${key} (skip${suffix})`, value]),
  ]
}

/** Logits of one form of inference, and masks if tokens are dispatched. */
export async function classify(
  run: DytRun,
  name: string,
  pass: InferenceKind,
  weights: ReadonlyMap<string, TensorData>,
): Promise<[string, TensorData][]> {
  const { network } = run.settings
  const store = new WeightStore({ tensors: run.tensors, trainable: exactly(weights.keys()) })
  const classifier = await Classifier.create({
    network,
    store,
    pass,
    compile: run.compile,
  })
  const { outputs, masks } = await classifier.classify(samplesOf(run), weights)
  await classifier.release()
  const found: [string, TensorData][] = [[`${name}.logits`, present(outputs.logits, 'logits')]]
  if (masks) found.push([`${name}.masks`, gatesData(run, masks)])
  return found
}

/** Patterns that match exactly these names. */
export function exactly(names: Iterable<string>): RegExp[] {
  return [...names].map((name) => new RegExp(`^${name.replaceAll('.', '\\.')}$`))
}

/** Images [B, 3, H, W], or clips [B, 3, T, H, W]. @throws DataError if their size is not the model's */
export function samplesOf({ fixture, settings }: DytRun): Float32Array {
  const { shape, data } = fixtureInput(fixture, settings.samples)
  const wanted = settings.network.input().shape.slice(1)
  if (shape.slice(1).join() === wanted.join()) return data as Float32Array
  throw new DataError(
    `verify: ${settings.samples} of ${fixture.folder} is [${shape.join(', ')}], the model takes [B, ${wanted.join(', ')}]. Correct config.json or inputs.safetensors.`,
  )
}

/** Logits as a tensor [B, K]. */
export function logitsData(classes: number, data: Float32Array): TensorData {
  return { dtype: 'float32', shape: [data.length / classes, classes], data }
}

/** Gate values as a tensor [I, D, n], for I images or frames. */
export function gatesData({ settings }: DytRun, data: Float32Array): TensorData {
  const { sites, decisions } = settings.network.gates
  const gates = sites.length
  return { dtype: 'float32', shape: [data.length / gates / decisions, gates, decisions], data }
}
