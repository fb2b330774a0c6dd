import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { DataError } from '../../errors.ts'
import { fitBackbone } from '../../models/backbone.ts'
import { type Grid, resizePositionEmbedding } from '../../models/vit/position-embedding.ts'
import { type Fixture, fixtureConfig, fixtureInput, fixtureWeights, moreExpected } from '../fixture.ts'
import type { FixtureKind } from '../fixture-kind.ts'
import { vitFields, vitOf } from '../vit-settings.ts'
import { classify } from './vit.ts'

const plainFile = 'no_antialias'
const grid = z.tuple([z.int().positive(), z.int().positive()])
const fields = vitFields.extend({
  from_grid: grid,
  to_grids: z.array(grid),
  prefix_tokens: z.literal([0, 1]),
  method: z.literal('bicubic with antialiasing'),
})

/** Position embeddings resized to other grids, and logits at those image sizes. */
export const vitResizeKind: FixtureKind = {
  name: 'vit-resize',
  matches: (config) => z.looseObject({ kind: z.literal('vit-resize') }).safeParse(config).success,
  moreExpected({ folder }) {
    const tensors = moreExpected(folder, `${plainFile}.safetensors`)
    return new Map([...tensors].map(([name, tensor]) => [`${plainFile}/${name}`, tensor]))
  },
  async produce(fixture, options) {
    const settings = fixtureConfig(fixture, fields)
    const backbone = { config: vitOf(settings), tensors: fixtureWeights(fixture) }
    const positions = positionsOf(fixture, backbone.tensors)
    const produced = new Map<string, TensorData>()
    for (const to of settings.to_grids) {
      const size = to.join('x')
      const imageSize = [to[0] * settings.patch_size, to[1] * settings.patch_size] as const
      const fitted = fitBackbone(fixture.folder, backbone, { imageSize })
      produced.set(`pos_embed.${size}`, fitted.tensors.get('pos_embed') as TensorData)
      produced.set(`${plainFile}/pos_embed.${size}`, plainBicubic(positions, settings, to))
      const images = fixtureInput(fixture, `images.${size}`).data as Float32Array
      produced.set(`logits.${size}`, await classify(fitted, images, options))
    }
    return produced
  },
}

function positionsOf({ folder }: Fixture, tensors: ReadonlyMap<string, TensorData>): TensorData {
  const found = tensors.get('pos_embed')
  if (found) return found
  throw new DataError(`verify: the weights of ${folder} have no pos_embed. Complete them.`)
}

function plainBicubic(
  { shape, data }: TensorData,
  { from_grid: from, prefix_tokens: prefix }: z.output<typeof fields>,
  to: Grid,
): TensorData {
  const resized = resizePositionEmbedding(data as Float32Array, from, to, prefix, 'bicubic')
  return { dtype: 'float32', shape: [1, prefix + to[0] * to[1], shape[2] as number], data: resized }
}
