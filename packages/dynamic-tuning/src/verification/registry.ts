import { z } from 'zod'
import { ConfigError } from '../errors.ts'
import type { Fixture } from './fixture.ts'
import type { FixtureKind } from './fixture-kind.ts'
import { vitdetKind } from './kinds/detection/backbone.ts'
import { cocoMetricsKind } from './kinds/detection/metrics.ts'
import { roiKind } from './kinds/detection/roi.ts'
import { rpnKind } from './kinds/detection/rpn.ts'
import { dynamicvitKind } from './kinds/dynamicvit.ts'
import { dytImageKind } from './kinds/dyt-image.ts'
import { dytVideoKind } from './kinds/dyt-video.ts'
import { evitKind } from './kinds/evit.ts'
import { methodKind } from './kinds/method.ts'
import { segmentationKind } from './kinds/segmentation/kind.ts'
import { segmentationMetricsKind } from './kinds/segmentation/metrics.ts'
import { segmentationPipelineKind } from './kinds/segmentation-pipeline/kind.ts'
import { swinKind } from './kinds/swin.ts'
import { tomeKind } from './kinds/tome.ts'
import { vitKind } from './kinds/vit.ts'
import { vitResizeKind } from './kinds/vit-resize.ts'

/** All kinds of fixtures. */
export const fixtureKinds: readonly FixtureKind[] = [
  vitKind,
  vitResizeKind,
  swinKind,
  dytImageKind,
  dytVideoKind,
  methodKind,
  tomeKind,
  evitKind,
  dynamicvitKind,
  segmentationKind,
  segmentationMetricsKind,
  segmentationPipelineKind,
  vitdetKind,
  cocoMetricsKind,
  rpnKind,
  roiKind,
]

/** The kind of a fixture. @throws ConfigError for an unknown kind */
export function kindOf({ folder, config }: Fixture): FixtureKind {
  const found = fixtureKinds.find((kind) => kind.matches(config))
  if (found) return found
  const described = z
    .looseObject({ kind: z.unknown(), method: z.unknown(), dispatch: z.unknown(), adapter: z.unknown() })
    .partial()
    .safeParse(config).data
  const { kind, method, dispatch, adapter } = described ?? {}
  throw new ConfigError(
    `verify: ${folder} is a fixture of a kind that cannot be run, got ${JSON.stringify({ kind, method, dispatch, adapter })}. Known kinds: ${fixtureKinds.map(({ name }) => name).join(', ')}.`,
  )
}
