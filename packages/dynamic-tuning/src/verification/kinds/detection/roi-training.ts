import { add, gradients, input, mul, reduceSum, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { boxHead } from '../../../models/heads/detection/box-head.ts'
import { maskHead } from '../../../models/heads/detection/mask-head.ts'
import { poolRegions, regionData } from '../../../models/heads/detection/pool-regions.ts'
import { levelsOf, pyramidLevels } from '../../../models/heads/detection/region-levels.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { boxLosses, maskLoss } from '../../../tasks/detection/roi/loss.ts'
import {
  maskTarget,
  matchRegions,
  regionTargets,
  type TrainedRegion,
} from '../../../tasks/detection/roi/targets.ts'
import { fixtureInput, fixtureWeights } from '../../fixture.ts'
import { indices, type Named, numbersIn } from './numbers.ts'
import { boxesOf, computed, levelsIn, polygonsIn, type RoiRun, regionInputs, ruleOf } from './roi-run.ts'

/** Pooled regions, by size and with two samples, and the gradients of the maps. */
export async function alignTensors(run: RoiRun): Promise<Named> {
  const { fixture, settings } = run
  const data = regionData(boxesOf(run, 'align.boxes'), ruleOf(run))
  const { inputs, feeds } = regionInputs('align', data)
  const levels = levelsIn(run)
  const bins = settings.pooler.box_size
  const adaptive = poolRegions(levels, inputs, { bins })
  const loss = reduceSum(mul(adaptive, input('align.r', fixtureInput(fixture, 'align.r').shape)))
  const slopes = gradients(
    loss,
    levels.map(({ map }) => map),
  )
  const outputs = {
    'align.adaptive': adaptive,
    'align.two_samples': poolRegions(levels, inputs, { bins, samples: 2 }),
    ...Object.fromEntries(slopes.map((slope, i) => [`align_grad.${settings.levels[i]}`, slope])),
  }
  const all = Float64Array.from(boxesOf(run, 'align.boxes').flatMap((each) => [...each]))
  return [
    ['levels.standard', indices(levelsOf(numbersIn(fixture, 'levels.boxes'), pyramidLevels))],
    ['align.levels', indices(levelsOf(all, ruleOf(run)))],
    ...(await computed(run, outputs, new Map(feeds))),
  ]
}

/** Sampled regions of an image, foreground first, with the polygons of their objects. */
interface ImageRegions {
  readonly tensors: Named
  readonly regions: readonly (TrainedRegion & { readonly polygons?: number[][] })[]
}

function regionsIn(run: RoiRun, image: number): ImageRegions {
  const { fixture, settings } = run
  const truth = numbersIn(fixture, `gt_boxes.${image}`)
  const candidates = Float64Array.of(...numbersIn(fixture, `proposals.${image}`), ...truth)
  const objects = { boxes: truth, classes: numbersIn(fixture, `gt_classes.${image}`) }
  const { classes, truths } = matchRegions(candidates, objects, settings.num_classes)
  const sampled = numbersIn(fixture, `sampled.${image}`)
  const polygons = polygonsIn(run)[image]
  const regions = Array.from(sampled, (i) => {
    const own = truths[i] ?? -1
    const region = { box: candidates.subarray(4 * i, 4 * i + 4), label: classes[i] ?? 0 }
    if (own < 0) return region
    return { ...region, truth: truth.subarray(4 * own, 4 * own + 4), polygons: polygons?.[own] ?? [] }
  })
  return {
    regions,
    tensors: [
      [`match.labels.${image}`, indices(truths.map((own) => (own < 0 ? 0 : 1)))],
      [`match.gt.${image}`, indices(truths)],
      [`sampled_classes.${image}`, indices(regions.map(({ label }) => label))],
    ],
  }
}

const boxesIn = (regions: readonly TrainedRegion[]): Float64Array =>
  Float64Array.from(regions.flatMap(({ box }) => [...box]))

/** Matching, and a training pass of both heads with its losses and all gradients. */
export async function trainingTensors(run: RoiRun): Promise<Named> {
  const { fixture, settings } = run
  const images = settings.image_sizes.map((_, image) => regionsIn(run, image))
  const all = images.flatMap(({ regions }) => regions)
  const foreground = images.map(({ regions }) => regions.filter(({ truth }) => truth !== undefined))
  const boxes = regionInputs(
    'boxes',
    regionData(
      images.map(({ regions }) => boxesIn(regions)),
      ruleOf(run),
    ),
  )
  const masks = regionInputs('masks', regionData(foreground.map(boxesIn), ruleOf(run)))
  const targets = targetsOf(run, all, foreground.flat())
  const weights = fixtureWeights(fixture)
  const store = new WeightStore({ tensors: weights, trainable: [/./] })
  const outputs = trainingGraph(run, store, { boxes: boxes.inputs, masks: masks.inputs, targets })
  const given = new Map([...weights, ...boxes.feeds, ...masks.feeds, ...targets])
  const side = settings.mask_head.output_size
  const drawn = present(targets.get('maskTargets'), 'the targets of masks')
  return [
    ...images.flatMap(({ tensors }) => tensors),
    ['train.mask_targets', { ...drawn, shape: [drawn.shape[0] ?? 0, side, side] }],
    ...(await computed(run, outputs, given)),
  ]
}

function targetsOf(
  { settings }: RoiRun,
  all: ImageRegions['regions'],
  foreground: ImageRegions['regions'],
): Map<string, TensorData> {
  const side = settings.mask_head.output_size
  const classes = new Float32Array(foreground.length * settings.num_classes)
  for (const [i, { label }] of foreground.entries()) classes[i * settings.num_classes + label] = 1
  const drawn = foreground.map(({ polygons = [], box }) => maskTarget(polygons, box, side))
  return new Map<string, TensorData>([
    ...Object.entries(regionTargets(all, settings.num_classes)),
    ['maskClasses', { dtype: 'float32', shape: [foreground.length, settings.num_classes], data: classes }],
    [
      'maskTargets',
      {
        dtype: 'float32',
        shape: [foreground.length, side, side],
        data: Float32Array.from(drawn.flatMap((mask) => [...mask])),
      },
    ],
  ])
}

type Pooled = ReturnType<typeof regionInputs>['inputs']

function trainingGraph(
  run: RoiRun,
  store: WeightStore,
  given: { boxes: Pooled; masks: Pooled; targets: ReadonlyMap<string, TensorData> },
): Record<string, Tensor> {
  const { settings } = run
  const { num_classes: classes, box_head: ofBox, mask_head: ofMask, pooler } = settings
  const levels = levelsIn(run)
  const target = (name: string): Tensor => input(name, present(given.targets.get(name), name).shape)
  const own = store.at('roi_heads')
  const boxFeatures = poolRegions(levels, given.boxes, { bins: pooler.box_size })
  const sizes = { classes, channels: ofBox.conv_dims[0] ?? 0, features: ofBox.fc_dims[0] ?? 0 }
  const box = boxHead(boxFeatures, own, sizes)
  const maskFeatures = poolRegions(levels, given.masks, { bins: pooler.mask_size })
  const logits = maskHead(maskFeatures, own.at('mask_head'), { classes, channels: ofMask.conv_dims[0] ?? 0 })
  const losses = {
    ...boxLosses(box, {
      regionClasses: target('regionClasses'),
      regionDeltas: target('regionDeltas'),
      regionForeground: target('regionForeground'),
    }),
    loss_mask: maskLoss(logits, target('maskClasses'), target('maskTargets')),
  }
  const names = [...settings.levels.map((level) => `features.${level}`), ...store.trainable.keys()]
  const leaves = [...levels.map(({ map }) => map), ...store.trainable.values()]
  const total = Object.values(losses).reduce((sum, loss) => add(sum, loss))
  const slopes = gradients(total, leaves)
  return {
    ...{ 'train.box_features': boxFeatures, 'train.box_head': box.features, 'train.scores': box.scores },
    ...{ 'train.deltas': box.deltas, 'train.mask_features': maskFeatures, 'train.mask_logits': logits },
    ...Object.fromEntries(Object.entries(losses).map(([name, loss]) => [`losses.${name}`, loss])),
    ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, present(slopes[i], name)])),
  }
}
