import { z } from 'zod'
import type { Dataset } from '../../data/example.ts'
import type { LoaderSettings } from '../../data/loader/loader.ts'
import { usualFrames, usualRate } from '../../data/samples/clip.ts'
import type { SampleSettings } from '../../data/samples/sample.ts'
import { completeWindows, type windowSettings } from '../../data/samples/window/settings.ts'
import type { SampleWord } from '../../data/samples/word.ts'
import { samplings } from '../../data/sources/video/sample-frames.ts'
import type { TransformSettings } from '../../data/transforms/transforms.ts'
import { ConfigError } from '../../errors.ts'
import * as setting from '../../setting.ts'

const count = z.int().min(1).max(1024)

/** How a run reads videos; a run on images uses `skipBad` only. */
export const clipSettings = setting.grouped('Videos:', {
  /** T, frames of a clip. */
  frames: setting.whole({
    optional: true,
    least: 1,
    most: 1024,
    help: 'frames of a clip',
    argument: '<n>',
    usual: String(usualFrames),
  }),
  sampling: setting.choice(samplings, {
    optional: true,
    help: 'uniform takes one frame of each of so many parts, dense every few frames',
    argument: '<how>',
    usual: 'uniform',
  }),
  samplingRate: setting.whole({
    optional: true,
    least: 1,
    most: 1024,
    help: 'step between the frames of dense clips',
    argument: '<n>',
    usual: `${usualRate}; giving it asks for dense`,
  }),
  views: setting.other(
    z.tuple([count, count]).readonly(),
    { kind: 'views' },
    {
      optional: true,
      help: 'spatial and temporal test views of a video, whose logits are averaged',
      argument: '<SxT>',
      usual: '1x1',
    },
  ),
  skipBad: setting.onOff({ default: false, help: 'leave out files that cannot be read, and count them' }),
})

/** Values of `clipSettings`. */
export type ClipRunSettings = setting.ValuesOf<typeof clipSettings>

type Asked = setting.SomeOf<typeof clipSettings>
/** Settings of a run that decide its samples. */
type AskedSample = Asked & setting.SomeOf<typeof windowSettings>

/** @throws ConfigError for settings that exclude one another */
export function checkClipSettings({ sampling, samplingRate }: Asked): void {
  if (sampling === 'uniform' && samplingRate !== undefined)
    throw new ConfigError(
      `finetune: samplingRate ${samplingRate} is of dense clips, and sampling is uniform. Leave one out.`,
    )
}

/**
 * T if the data are videos, undefined for images. @throws ConfigError if settings of clips are
 * given for images
 */
export function framesFor(data: string, { kind }: Pick<Dataset, 'kind'>, asked: Asked): number | undefined {
  if (kind === 'clips') return asked.frames ?? usualFrames
  const { frames, sampling, samplingRate, views } = asked
  const given = Object.entries({ frames, sampling, samplingRate, views }).find(
    ([, value]) => value !== undefined,
  )
  if (given === undefined) return undefined
  throw new ConfigError(
    `finetune: ${given[0]} is ${JSON.stringify(given[1])}, but ${data} holds images. Leave it out, or give videos.`,
  )
}

/**
 * How a loader reads test data of a tuned model, with the run's `views` by default; [1, 1] reads
 * a video once.
 */
export function testReading(
  { settings, transform }: { readonly settings: AskedSample; readonly transform: TransformSettings },
  views: ClipRunSettings['views'] = settings.views ?? [1, 1],
): Pick<LoaderSettings, 'transform' | 'sample' | 'skipBad'> {
  return { transform, sample: { ...trainingSample(settings), views }, skipBad: settings.skipBad ?? false }
}

/**
 * How a loader makes training samples of a run: without `views`, so that frames and windows are drawn anew
 * in every epoch.
 */
export function trainingSample(settings: AskedSample): SampleSettings {
  const { frames, sampling, samplingRate, windows } = settings
  return { frames, sampling, samplingRate, ...(windows !== undefined && completeWindows(settings)) }
}

/** @throws ConfigError if a command for images is given a run on clips, or videos */
export function refuseClips(command: string, what: string, sample: SampleWord): void {
  if (sample === 'clip')
    throw new ConfigError(
      `${command}: ${what} is of clips, and ${command} works on images alone. Give one of images.`,
    )
}
