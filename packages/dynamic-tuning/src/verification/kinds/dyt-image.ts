import { fixtureConfig } from '../fixture.ts'
import { vitFields, vitOf } from '../vit-settings.ts'
import { dytKind } from './dyt-kind.ts'

/** An image ViT with any kind of dispatch. */
export const dytImageKind = dytKind({
  name: 'dyt-image',
  samples: 'images',
  modelOf: (fixture) => vitOf(fixtureConfig(fixture, vitFields)),
})
