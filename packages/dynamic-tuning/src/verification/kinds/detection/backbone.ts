import {
  add,
  type CompileOptions,
  compile,
  dims,
  gradients,
  input,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  sub,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { layersOf } from '../../../models/families.ts'
import type { Network } from '../../../network/network.ts'
import type { NetworkOutputs, NetworkPass } from '../../../network/pass.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { stackLayers } from '../../../tuners/stack-layers.ts'
import { type Fixture, fixtureInput, fixtureWeights } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { isVitdetFixture, type VitdetFixture, vitdetSettings } from './settings.ts'

/** A pass to run: the prefix and suffix of its expected names, and the images it takes. */
interface Run {
  readonly prefix: string
  readonly suffix?: string
  readonly images: string
  readonly pass: NetworkPass
  readonly slopes?: boolean
}

const usual: Run[] = [
  { prefix: '', images: 'images', pass: { kind: 'complete' }, slopes: true },
  { prefix: 'other.', images: 'images_other', pass: { kind: 'complete' } },
]

function dispatching(gates: number): Run[] {
  const thresholds = new Array<number>(gates).fill(0.5)
  return [
    { prefix: 'eval.', images: 'images', pass: { kind: 'masked', thresholds } },
    { prefix: 'eval.', suffix: ' (skip)', images: 'images', pass: { kind: 'skip', thresholds } },
    { prefix: 'complete.', images: 'images', pass: { kind: 'complete' } },
    { prefix: 'train.', images: 'images', pass: { kind: 'train' }, slopes: true },
  ]
}

/** The backbone of ViTDet with its pyramid, plain or with Dynamic Tuning: all stages and gradients. */
export const vitdetKind: FixtureKind = {
  name: 'vitdet-backbone',
  matches: isVitdetFixture,
  async produce(fixture, options) {
    const settings = vitdetSettings(fixture)
    const size = sizeOf(fixture, 'images')
    const gates = settings.networkOf(size).gates.sites.length
    const produced: (readonly [string, TensorData])[] = []
    for (const run of settings.dispatches ? dispatching(gates) : usual)
      produced.push(...(await outputsOf(fixture, settings, run, options)))
    return new Map(produced)
  },
}

function sizeOf(fixture: Fixture, images: string): [number, number] {
  const [, , height = 0, width = 0] = fixtureInput(fixture, images).shape
  return [height, width]
}

const ownName = (name: string): string => name.replace(/^backbone\.(net\.)?/, '')

async function outputsOf(
  fixture: Fixture,
  settings: VitdetFixture,
  run: Run,
  options: CompileOptions,
): Promise<[string, TensorData][]> {
  const tensors = new Map([...fixtureWeights(fixture)].map(([name, value]) => [ownName(name), value]))
  const network = settings.networkOf(sizeOf(fixture, run.images))
  const trainable = settings.dispatches ? network.tunable : [/./]
  const store = new WeightStore({ tensors, trainable })
  const out = network.pass(store, network.input(), run.pass)
  const named = Object.entries(stagesOf(out, network))
  const all = new Map(named.map(([name, tensor]) => [`${run.prefix}${name}${run.suffix ?? ''}`, tensor]))
  if (run.slopes) for (const [name, slope] of slopesOf(out, store, settings)) all.set(name, slope)
  const program = await compile(Object.fromEntries(all), options)
  const feeds = program.inputs.map(({ name }): [string, TensorData] => {
    if (name === 'images') return [name, fixtureInput(fixture, run.images)]
    if (name === 'noise') return [name, noiseOf(fixture, network)]
    return [name, tensors.get(name) ?? fixtureInput(fixture, name)]
  })
  const values = await program.run(Object.fromEntries(feeds))
  await program.release()
  return Object.entries(values)
}

/** The noise of all gates, [D, B, rows, columns, 1], for tokens in a row: [D, B, N, 1]. */
function noiseOf(fixture: Fixture, { gates }: Network): TensorData {
  const { shape, data } = fixtureInput(fixture, 'gumbel_diff')
  const [layers = 0, images = 0] = shape
  return {
    dtype: 'float32',
    shape: [layers, images, gates.decisions, 1],
    data: Float32Array.from(data, Number),
  }
}

/** Tokens as grids, channels last, and the levels of the pyramid. */
function stagesOf(out: NetworkOutputs, network: Network): Record<string, Tensor> {
  const grid = present(layersOf(network.config)[0], 'the first layer').grid
  const onGrid = (x: Tensor): Tensor => {
    const [batch, , width] = dims(x, '_ N C', 'verify')
    return reshape(x, [batch, ...grid, width])
  }
  const stages = { patch_embed: onGrid(out.patchEmbed), embed: onGrid(out.embed), ...out.outputs }
  const blocks = Object.fromEntries(out.blocks.map((block, i) => [`blocks.${i}`, onGrid(block)]))
  if (out.dispatches.length === 0) return { ...stages, ...blocks }
  const gates = (name: 'mask' | 'soft' | 'logits'): Tensor => {
    const stacked = stackLayers(out.dispatches.map((each) => each[name]))
    const [batch, layers] = dims(stacked, '_ L N', 'verify')
    return reshape(stacked, [batch, layers, ...grid])
  }
  return {
    ...{ ...stages, ...blocks },
    ...{ masks: gates('mask'), soft: gates('soft'), dispatcher_logits: gates('logits') },
  }
}

/** Losses (the sum of all levels times `r`, plus that of the gates) and gradients of all trained weights. */
function slopesOf(
  { outputs, dispatches }: NetworkOutputs,
  store: WeightStore,
  { rate }: VitdetFixture,
): [string, Tensor][] {
  const sums = Object.entries(outputs).map(([level, y]) => reduceSum(mul(y, input(`r.${level}`, y.shape))))
  const levels = sums.reduce((sum, each) => add(sum, each))
  const losses: Record<string, Tensor> = {}
  let loss = levels
  if (dispatches.length > 0) {
    const active = reduceMean(stackLayers(dispatches.map(({ mask }) => mask)))
    const off = sub(active, rate.target)
    const weighted = mul(mul(off, off), rate.weight)
    loss = add(levels, weighted)
    Object.assign(losses, { active_rate: active, rate_weighted: weighted, feature_loss: levels, total: loss })
  }
  const weights = [...store.trainable]
  const slopes = gradients(
    loss,
    weights.map(([, tensor]) => tensor),
  )
  const grads = weights.map(([name], i): [string, Tensor] => {
    const official = `backbone.${name.startsWith('simfp_') ? '' : 'net.'}${name}`
    return [`grad.${official}`, present(slopes[i], name)]
  })
  return [...grads, ...Object.entries(losses).map(([n, y]): [string, Tensor] => [`losses.${n}`, y])]
}
