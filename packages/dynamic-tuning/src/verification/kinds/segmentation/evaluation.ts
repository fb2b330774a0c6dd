import { compile, resize, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { Classifier } from '../../../evaluation/classifier.ts'
import type { Named as Tensors } from '../../../models/head.ts'
import { uperSettings } from '../../../models/heads/segmentation/segmentation-head.ts'
import { type UperStages, uperStages } from '../../../models/heads/segmentation/upernet-head.ts'
import { type Network, network as networkOf } from '../../../network/network.ts'
import type { NetworkOutputs, NetworkPass } from '../../../network/pass.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { stackLayers } from '../../../tuners/stack-layers.ts'
import { fixtureInput } from '../../fixture.ts'
import { imagesOf, type Named, type SegmentationRun } from './run.ts'

/** Both ways to run a tuned network; they must agree. */
const ways = ['masked', 'skip'] as const

/** Every stage of an evaluation, masked and skipping; names of the latter end in ` (skip)`. */
export async function stageTensors(run: SegmentationRun): Promise<Named> {
  const found: (readonly [string, TensorData])[] = []
  const thresholds = run.settings.network.gates.sites.map(() => 0.5)
  for (const kind of ways)
    for (const [name, value] of await stagesOf(run, { kind, thresholds }, 'eval', evaluationOf))
      found.push([kind === 'skip' ? `${name} (skip)` : name, value])
  return found
}

/** The pooled map of a training pass, which has no output of its own. */
export function trainingStages(run: SegmentationRun): Promise<Named> {
  return stagesOf(run, { kind: 'train' }, 'train', (_, { pool }) => ({ 'ppm.out': pool }))
}

type StagesOf = (out: NetworkOutputs, maps: UperStages, run: SegmentationRun) => Tensors

async function stagesOf(
  run: SegmentationRun,
  pass: NetworkPass,
  prefix: string,
  of: StagesOf,
): Promise<Named> {
  const { network, maps } = withMaps(run)
  const out = network.pass(new WeightStore({ tensors: run.tensors }), network.input(), pass)
  const program = await compile({ ...of(out, maps(), run) }, run.compile)
  const wanted = program.inputs.map(({ name }) => name)
  const noise = wanted.includes('noise') && { noise: fixtureInput(run.fixture, 'gumbel_diff') }
  const values = await program.run({ images: imagesOf(run), ...noise })
  await program.release()
  return Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value])
}

/** The network of a run, whose head passes on all its maps. */
function withMaps({ settings }: SegmentationRun): {
  readonly network: Network
  readonly maps: () => UperStages
} {
  const { network, model } = settings
  const ofHead = uperSettings(network.head.classes, model.segmentation ?? { head: 'upernet' }, network.config)
  let made: UperStages[] = []
  const head = {
    ...network.head,
    build(...[taps, place]: Parameters<Network['head']['build']>) {
      made = [uperStages(taps, ofHead, place)]
      return Object.fromEntries(made.map(({ logits }) => ['logits', logits]))
    },
  }
  return {
    network: networkOf({ ...network, head }),
    maps() {
      const [maps] = made
      if (maps) return maps
      throw new Error('verify: the head was not built.')
    },
  }
}

function evaluationOf(out: NetworkOutputs, maps: UperStages, { settings }: SegmentationRun): Tensors {
  const numbered = (name: string, tensors: readonly Tensor[]): [string, Tensor][] =>
    tensors.map((tensor, i) => [`${name}.${i}`, tensor])
  const scales = [1, 2, 3, 6]
  const of = (name: 'mask' | 'logits'): Tensor => stackLayers(out.dispatches.map((each) => each[name]))
  return {
    logits: maps.logits,
    aux_logits: maps.auxiliary(),
    logits_image: resize(maps.logits, settings.model.imageSize),
    masks: of('mask'),
    dispatcher_logits: of('logits'),
    ...Object.fromEntries([
      ...numbered('blocks', out.blocks),
      ...numbered('fpn', maps.levels),
      ...maps.pooled.map((map, i) => [`ppm.pool${scales[i]}`, map] as const),
      ...numbered('topdown', maps.topDown),
      ...numbered('smooth', maps.smooth),
    ]),
    'ppm.out': maps.pool,
    fused: maps.fused,
  }
}

/** Logits and masks of a network with these weights as inference gives them, masked and skipping. */
export async function predictions(
  run: SegmentationRun,
  name: string,
  tensors: ReadonlyMap<string, TensorData>,
): Promise<Named> {
  const { network } = run.settings
  const { data, shape } = imagesOf(run)
  const [images = 0] = shape
  const found: (readonly [string, TensorData])[] = []
  for (const pass of ways) {
    const store = new WeightStore({ tensors })
    const classifier = await Classifier.create({ network, store, pass, compile: run.compile })
    const { outputs, masks } = await classifier.classify(data)
    await classifier.release()
    const suffix = pass === 'skip' ? ' (skip)' : ''
    found.push([`${name}.logits${suffix}`, present(outputs.logits, 'logits')])
    const { sites, decisions } = network.gates
    if (masks)
      found.push([
        `${name}.masks${suffix}`,
        { dtype: 'float32', shape: [images, sites.length, decisions], data: masks },
      ])
  }
  return found
}
