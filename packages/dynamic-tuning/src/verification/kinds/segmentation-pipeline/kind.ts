import { z } from 'zod'
import { ade20kTable } from '../../../data/kinds/masks/ade20k.ts'
import { cocoStuffRawTable } from '../../../data/kinds/masks/coco-stuff.ts'
import type { MaskTable } from '../../../data/kinds/masks/parts.ts'
import { polynomial } from '../../../training/schedules/polynomial.ts'
import { withWarmUp } from '../../../training/schedules/warm-up.ts'
import { type Fixture, fixtureConfig } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { type PipelineSettings, pipelineFields } from './settings.ts'
import { chainTensors, colourTensors, cropTensors, resizeTensors, sizeTensors, testTensors } from './steps.ts'
import { asFile, type Named, numbersIn, ofWholes } from './tensors.ts'

/** What becomes of a picture and its label map before a model sees them, and the learning rate. */
export const segmentationPipelineKind: FixtureKind = {
  name: 'segmentation-pipeline',
  matches: (config) => z.looseObject({ kind: z.literal('segmentation-pipeline') }).safeParse(config).success,
  async produce(fixture) {
    const settings = fixtureConfig(fixture, pipelineFields)
    return new Map([
      ...sizeTensors(fixture, settings),
      ...resizeTensors(fixture, settings),
      ...cropTensors(fixture, settings),
      ...colourTensors(fixture, settings),
      ...chainTensors(fixture, settings),
      ...testTensors(fixture, settings),
      ...numberTensors(fixture, settings),
      ...scheduleTensors(fixture, settings),
    ])
  },
}

/** Class numbers of the values in files of ADE20K and COCO-Stuff. */
function numberTensors(fixture: Fixture, { crop }: PipelineSettings): Named {
  const numbers = (name: string, { classes }: MaskTable): Named => {
    const labels = numbersIn(fixture, `${name}.raw`).map((value) => classes[value] ?? -1)
    return [[`${name}.train`, ofWholes(asFile(labels, crop.ignore_label))]]
  }
  return [...numbers('ade20k', ade20kTable), ...numbers('coco_stuff', cocoStuffRawTable)]
}

/** Learning rates of runs of different lengths. */
function scheduleTensors(fixture: Fixture, { schedule }: PipelineSettings): Named {
  const totals = [...fixture.inputs.keys()].flatMap(
    (name) => /^schedule\.(\d+)\.iteration$/.exec(name)?.[1] ?? [],
  )
  return totals.map((total) => {
    const rateAt = withWarmUp(
      polynomial({
        learningRate: schedule.base_lr,
        minimum: schedule.min_lr,
        power: schedule.power,
        totalSteps: Number(total),
      }),
      { steps: schedule.warmup_iterations, startFactor: schedule.warmup_ratio },
    )
    const rates = numbersIn(fixture, `schedule.${total}.iteration`).map(rateAt)
    return [
      `schedule.${total}.lr`,
      { dtype: 'float32', shape: [rates.length], data: Float32Array.from(rates) },
    ]
  })
}
