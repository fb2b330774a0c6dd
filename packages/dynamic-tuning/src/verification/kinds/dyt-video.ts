import { z } from 'zod'
import { fixtureConfig } from '../fixture.ts'
import { vitFields, vitOf } from '../vit-settings.ts'
import { dytKind } from './dyt-kind.ts'

const fields = vitFields.extend({ global_pool: z.literal('attentive'), frames: z.int().positive() })

/** A ViT on the frames of clips, pooled by a learned query. */
export const dytVideoKind = dytKind({
  name: 'dyt-video',
  samples: 'clip',
  modelOf(fixture) {
    const { frames, ...read } = fixtureConfig(fixture, fields)
    return { ...vitOf({ ...read, global_pool: 'token' }), frames }
  },
})
