import {
  add,
  type CompileOptions,
  compile,
  gradients,
  input,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import { cellAnchors, levelAnchors } from '../../../models/heads/detection/anchors.ts'
import {
  type BoxWeights,
  decodeBoxes,
  encodeBoxes,
  proposalWeights,
} from '../../../models/heads/detection/box-codec.ts'
import { type RpnOutputs, rpnHead } from '../../../models/heads/detection/rpn-head.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { boxOverlapsOf } from '../../../tasks/detection/box-overlap.ts'
import { headRule, matchBoxes, proposalRule } from '../../../tasks/detection/match-boxes.ts'
import { rpnLosses, rpnTargetInputs, rpnTargets } from '../../../tasks/detection/rpn/loss.ts'
import { type LevelAnswers, proposalsOf } from '../../../tasks/detection/rpn/proposals.ts'
import { type Fixture, fixtureConfig, fixtureInput, fixtureWeights, scalarData } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { floats, indices, type Named, numbersIn, rowsIn } from './numbers.ts'
import { type RpnSettings, rpnFields } from './rpn-settings.ts'

interface RpnRun {
  readonly fixture: Fixture
  readonly settings: RpnSettings
  /** Anchors of each level, [anchors * 4], and of all. */
  readonly anchors: readonly Float32Array[]
  readonly all: Float32Array
  readonly matches: readonly ReturnType<typeof matchBoxes>[]
  readonly options: CompileOptions
}

const onHead = z.looseObject({ losses_on_head_output: z.record(z.string(), z.number()) })

/** A region proposal network: anchors, matching, box codec, head, losses with gradients, proposals. */
export const rpnKind: FixtureKind = {
  name: 'rpn',
  matches: (config) => z.looseObject({ kind: z.literal('rpn') }).safeParse(config).success,
  moreExpected(fixture) {
    const { losses_on_head_output: losses } = onHead.parse(
      readJson(`${fixture.folder}/expected.json`, DataError),
    )
    return new Map(
      Object.entries(losses).map(([name, value]) => [`losses_on_head_output.${name}`, scalarData(value)]),
    )
  },
  async produce(fixture, options) {
    const settings = fixtureConfig(fixture, rpnFields)
    const anchors = settings.levels.map((_, level) =>
      levelAnchors(cellAnchors(settings.anchors.sizes[level] ?? 0, settings.anchors.aspect_ratios), {
        stride: settings.strides[level] ?? 0,
        grid: settings.grid_sizes[level] ?? [0, 0],
      }),
    )
    const all = Float32Array.from(anchors.flatMap((each) => [...each]))
    const matches = settings.image_sizes.map((_, image) =>
      matchBoxes(boxOverlapsOf(numbersIn(fixture, `gt_boxes.${image}`), all), all.length / 4, proposalRule),
    )
    const run = { fixture, settings, anchors, all, matches, options }
    return new Map([
      ...anchorTensors(run),
      ...matchTensors(run),
      ...codecTensors(run),
      ...(await lossTensors(run)),
      ...(await headTensors(run)),
      ...proposalTensors(run),
    ])
  },
}

function anchorTensors({ settings, anchors }: RpnRun): Named {
  const { sizes, standard_sizes: standard, aspect_ratios: ratios } = settings.anchors
  return settings.levels.flatMap(
    (level, i): Named => [
      [`anchors.${level}`, floats(anchors[i] ?? [], 4)],
      [`cell_anchors.${level}`, floats(cellAnchors(sizes[i] ?? 0, ratios), 4)],
      [`standard_cell_anchors.${level}`, floats(cellAnchors(standard[i] ?? 0, ratios), 4)],
    ],
  )
}

function matchTensors({ fixture, settings, matches }: RpnRun): Named {
  const images = settings.image_sizes.length
  const stacked = (values: readonly ArrayLike<number>[]): TensorData => {
    const flat = values.flatMap((each) => Array.from(each))
    return indices(flat, [images, flat.length / images])
  }
  const { data, shape } = fixtureInput(fixture, 'matcher.overlaps')
  const overlaps = Float64Array.from(data, Number)
  const given = matchBoxes(overlaps, shape[1] ?? 0, proposalRule)
  const half = matchBoxes(overlaps, shape[1] ?? 0, headRule)
  return [
    ['labels', stacked(matches.map(({ labels }) => labels))],
    ['matched_gt', stacked(matches.map(({ truths }) => truths))],
    ...matches.map(({ best }, i) => [`best_iou.${i}`, floats(best)] as const),
    ['matcher.labels', indices(given.labels)],
    ['matcher.gt', indices(given.truths)],
    ['matcher.labels_half', indices(half.labels)],
  ]
}

function codecTensors({ fixture }: RpnRun): Named {
  const [source, target, deltas] = ['source', 'target', 'deltas'].map((name) =>
    numbersIn(fixture, `codec.${name}`),
  )
  const given = { source: present(source, 'source'), target: present(target, 'target') }
  const weights: BoxWeights[] = [
    [1, 1, 1, 1],
    [10, 10, 5, 5],
  ]
  return weights.flatMap(
    (each): Named => [
      [`codec.encoded.${each.join('_')}`, floats(encodeBoxes(given.source, given.target, each), 4)],
      [
        `codec.decoded.${each.join('_')}`,
        floats(decodeBoxes(given.source, present(deltas, 'deltas'), each), 4),
      ],
    ],
  )
}

/** Losses and gradients for given answers of the head, and those answers decoded. */
async function lossTensors(run: RpnRun): Promise<Named> {
  const levels = run.settings.levels.map((level) => ({
    logits: inputLike(run, `logits.${level}`),
    deltas: inputLike(run, `deltas.${level}`),
  }))
  const losses = lossesOf(run, levels)
  const leaves = levels.flatMap(({ logits, deltas }) => [logits, deltas])
  const names = run.settings.levels.flatMap((level) => [`logits.${level}`, `deltas.${level}`])
  const outputs = { ...losses, ...slopes(losses, leaves, names, 'grad.') }
  const values = await computed(run, outputs, new Map())
  return values.map(([name, value]) => [name.startsWith('loss_') ? `losses.${name}` : name, value])
}

/** The head on given features: its answers, losses, and gradients of features and weights. */
async function headTensors(run: RpnRun): Promise<Named> {
  const tensors = fixtureWeights(run.fixture)
  const store = new WeightStore({ tensors, trainable: [/./] })
  const maps = run.settings.levels.map((level) => inputLike(run, `features.${level}`))
  const levels = maps.map((map) => rpnHead(map, store.at('proposal_generator.rpn_head')))
  const losses = lossesOf(run, levels)
  const answers = levels.flatMap(({ logits, deltas }, i): [string, Tensor][] => [
    [`head.logits.${run.settings.levels[i]}`, logits],
    [`head.deltas.${run.settings.levels[i]}`, deltas],
  ])
  const leaves = [...maps, ...store.trainable.values()]
  const names = [...run.settings.levels.map((level) => `features.${level}`), ...store.trainable.keys()]
  const outputs = {
    ...Object.fromEntries(answers),
    ...losses,
    ...slopes(losses, leaves, names, 'head_grad.'),
  }
  const values = await computed(run, outputs, tensors)
  return values.map(([name, value]) => [
    name.startsWith('loss_') ? `losses_on_head_output.${name}` : name,
    value,
  ])
}

function inputLike({ fixture }: RpnRun, name: string): Tensor {
  return input(name, fixtureInput(fixture, name).shape)
}

function lossesOf({ settings, all }: RpnRun, levels: readonly RpnOutputs[]): Record<string, Tensor> {
  const images = settings.image_sizes.length
  const perImage = settings.samples_per_image
  return { ...rpnLosses(levels, rpnTargetInputs(images, all.length / 4), { perImage, images }) }
}

function slopes(
  losses: Readonly<Record<string, Tensor>>,
  leaves: readonly Tensor[],
  names: readonly string[],
  prefix: string,
): Record<string, Tensor> {
  const total = Object.values(losses).reduce((sum, loss) => add(sum, loss))
  const found = gradients(total, leaves)
  return Object.fromEntries(names.map((name, i) => [prefix + name, present(found[i], name)]))
}

async function computed(
  { fixture, settings, all, matches, options }: RpnRun,
  outputs: Readonly<Record<string, Tensor>>,
  weights: ReadonlyMap<string, TensorData>,
): Promise<[string, TensorData][]> {
  const list = (name: string): number[] => Array.from(fixtureInput(fixture, name).data, Number)
  const targets = rpnTargets(
    all,
    settings.image_sizes.map((_, image) => ({
      sample: {
        positive: list(`sampled_positive.${image}`),
        negative: list(`sampled_negative.${image}`),
      },
      truths: matches[image]?.truths ?? new Int32Array(),
      boxes: numbersIn(fixture, `gt_boxes.${image}`),
    })),
  )
  const given = new Map([...weights, ...Object.entries(targets)])
  const program = await compile(outputs, options)
  const feeds = program.inputs.map(({ name }) => [name, given.get(name) ?? fixtureInput(fixture, name)])
  const values = await program.run(Object.fromEntries(feeds))
  await program.release()
  return Object.entries(values)
}

/** Proposals of training and of inference from the given answers, and all answers decoded. */
function proposalTensors(run: RpnRun): Named {
  const { fixture, settings, anchors } = run
  const { pre_nms_topk: pre, post_nms_topk: post, nms_threshold: overlap } = settings.proposals
  const decoded: number[] = []
  const found = settings.image_sizes.flatMap((size, image): Named => {
    const levels = settings.levels.map(
      (level, i): LevelAnswers => ({
        anchors: anchors[i] ?? new Float32Array(),
        logits: rowsIn(fixtureInput(fixture, `logits.${level}`), image),
        deltas: rowsIn(fixtureInput(fixture, `deltas.${level}`), image),
      }),
    )
    for (const level of levels) decoded.push(...decodeBoxes(level.anchors, level.deltas, proposalWeights))
    return (['train', 'test'] as const).flatMap((part): Named => {
      const rule = { perLevel: pre[part], count: post[part], overlap }
      const proposals = proposalsOf(levels, size, rule)
      const name = `proposals.${part}.${image}`
      return [
        [`${name}.anchor`, indices(proposals.anchors)],
        [`${name}.boxes`, floats(proposals.boxes, 4)],
        [`${name}.logits`, floats(proposals.logits)],
      ]
    })
  })
  const images = settings.image_sizes.length
  return [...found, ['decoded', { ...floats(decoded), shape: [images, decoded.length / images / 4, 4] }]]
}
