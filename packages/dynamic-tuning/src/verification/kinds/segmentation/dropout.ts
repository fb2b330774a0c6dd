import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../../../errors.ts'
import { dropPathChances } from '../../../tuners/drop-path.ts'
import { fixtureInput } from '../../fixture.ts'
import type { Named, SegmentationRun } from './run.ts'
import { type SegmentationFixtureSettings, withDropout } from './settings.ts'
import { batchOf, createStep, lossesOf, outputsOf } from './step.ts'

/** A training pass with given factors of dropout. */
export async function dropoutTensors(run: SegmentationRun): Promise<Named> {
  const { settings, fixture } = run
  const { dropout } = settings
  if (dropout === undefined) return []
  const dropping = withDropout(settings, dropout)
  const chances = dropPathChances(dropout.dropPath, dropping.config)
  if (!chances.every((chance, i) => Math.abs(chance - (dropout.chances[i] ?? Number.NaN)) < 1e-9))
    throw new ConfigError(
      `${fixture.folder}: drop_path [${dropout.chances}] does not rise evenly from 0, which cannot be run. Correct config.json.`,
    )
  const feeds = factorsIn(run, dropout, chances)
  const step = await createStep(run, dropping, () => feeds)
  const result = await step.run(batchOf(run), 0, fixtureInput(fixture, 'gumbel_diff'))
  await step.release()
  return [...outputsOf(result, 'dropout'), ...lossesOf(result, 'losses_dropout')]
}

/** The graph inputs of everything that is dropped, from the fixture's masks of zeros and ones. */
function factorsIn(
  { fixture }: SegmentationRun,
  { adapter, head }: NonNullable<SegmentationFixtureSettings['dropout']>,
  chances: readonly number[],
): Record<string, TensorData> {
  const factors = (
    name: string,
    chanceOf: (layer: number) => number,
    shape?: readonly number[],
  ): TensorData => {
    const mask = fixtureInput(fixture, name)
    const ofLayer = mask.data.length / chances.length
    const data = new Float32Array(mask.data.length)
    for (const i of data.keys()) data[i] = Number(mask.data[i]) / (1 - chanceOf(Math.floor(i / ofLayer)))
    return { dtype: 'float32', shape: shape ?? [1, ...mask.shape], data }
  }
  const [layers = 0, branches = 0, images = 0] = fixtureInput(fixture, 'dropout.path').shape
  return {
    dropout: factors('dropout.adapter', () => adapter, fixtureInput(fixture, 'dropout.adapter').shape),
    dropPath: factors('dropout.path', (layer) => chances[layer] ?? 0, [layers * branches, images, 1]),
    'channels.decode_head': factors('dropout.decode', () => head),
    'channels.auxiliary_head': factors('dropout.aux', () => head),
  }
}
