import { type CompileOptions, compile, input, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import type { PyramidLevel, Regions } from '../../../models/heads/detection/pool-regions.ts'
import type { LevelRule } from '../../../models/heads/detection/region-levels.ts'
import { type Fixture, fixtureInput } from '../../fixture.ts'
import { numbersIn } from './numbers.ts'
import type { RoiSettings } from './roi-settings.ts'

/** A fixture with its settings, and how to run graphs. */
export interface RoiRun {
  readonly fixture: Fixture
  readonly settings: RoiSettings
  readonly options: CompileOptions
}

const instances = z.array(
  z.looseObject({
    instances: z.array(z.looseObject({ polygons: z.array(z.array(z.number())), category: z.int() })),
  }),
)

/** Polygons of each object of each image. */
export function polygonsIn({ fixture }: RoiRun): number[][][][] {
  const json = readJson(`${fixture.folder}/ground_truth.json`, DataError)
  return instances.parse(json).map((image) => image.instances.map(({ polygons }) => polygons))
}

/** The levels of the fixture's pyramid, as graph inputs. */
export function levelsIn({ fixture, settings }: RoiRun): PyramidLevel[] {
  return settings.levels.map((level, i) => {
    const name = `features.${level}`
    return { map: input(name, fixtureInput(fixture, name).shape), stride: settings.strides[i] ?? 0 }
  })
}

/** Which level reads a region in the small model. */
export function ruleOf({ settings }: RoiRun): LevelRule {
  const { canonical_box_size: size, canonical_level: level } = settings.pooler
  return { size, level, levels: [2, 5] }
}

/** Boxes of each image, `NAME.0`, `NAME.1` and so on. */
export function boxesOf({ fixture, settings }: RoiRun, name: string): Float64Array[] {
  return settings.image_sizes.map((_, image) => numbersIn(fixture, `${name}.${image}`))
}

/** Graph inputs for values of regions, and those values by name. */
export function regionInputs(
  name: string,
  { boxes, images, rows }: Regions<TensorData>,
): { inputs: Regions<Tensor>; feeds: [string, TensorData][] } {
  const feeds: [string, TensorData][] = []
  const named = (part: string, value: TensorData): Tensor => {
    feeds.push([`${name}.${part}`, value])
    return input(`${name}.${part}`, value.shape, value.dtype)
  }
  const inputs = {
    boxes: named('boxes', boxes),
    images: named('images', images),
    rows: rows.map((each, level) => named(`rows.${level}`, each)),
  }
  return { inputs, feeds }
}

/** Runs a graph on given values and the fixture's inputs. */
export async function computed(
  { fixture, options }: RoiRun,
  outputs: Readonly<Record<string, Tensor>>,
  given: ReadonlyMap<string, TensorData>,
): Promise<[string, TensorData][]> {
  const program = await compile(outputs, options)
  const feeds = program.inputs.map(({ name }) => [name, given.get(name) ?? fixtureInput(fixture, name)])
  const values = await program.run(Object.fromEntries(feeds))
  await program.release()
  return Object.entries(values)
}
