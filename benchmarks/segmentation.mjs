// Speed and memory of a ViT with UPerNet and Dynamic Tuning, random weights, half of the tokens active. Prints
// one JSON document.
//   node benchmarks/segmentation.mjs [--model vit_base_patch16_224] [--size 512] [--channels 768] [--threads 2]
//     [--rounds 5] [--parts inference,training,memory] [--recompute]
// `inference`: skipping against the static model, batch 1, as a whole and without the head, and the share of
// the speed of matrix products. `training`: a step of two images in forward passes of the static model.
// `memory`: peak memory of such a step in a process of its own. All cases of a part take turns in one process.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { concat, random, reduceMean } from '@dynamic-tuning/engine'
import { Classifier, modelCost, WeightStore } from 'dynamic-tuning'
import { gemmProbe, peakMemoryMB, timeInTurn } from 'dynamic-tuning/bench'
import { modelConfig, modelOf, network, tunerNamed } from 'dynamic-tuning/models'
import { taskNamed } from 'dynamic-tuning/tasks'
import { AdamW, paperLoss, TrainingStep } from 'dynamic-tuning/training'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'vit_base_patch16_224' },
    size: { type: 'string', default: '512' },
    channels: { type: 'string', default: '768' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    parts: { type: 'string', default: 'inference,training,memory' },
    recompute: { type: 'boolean', default: false },
  },
})
const [side, channels, threads, rounds] = ['size', 'channels', 'threads', 'rounds'].map((name) =>
  Number(values[name]),
)
const { model, recompute } = values
const compile = { threads }
const turns = { warmup: 1, rounds }
const classes = 150
const config = modelConfig(model, classes, {
  imageSize: [side, side],
  segmentation: { head: 'upernet', channels },
})
const whole = modelOf(config)
const methods = { static: {}, dyt: { tuner: tunerNamed('dyt') } }
const digits = (value) => Number(value.toPrecision(4))

/** The same backbone with a head that only takes the mean of what UPerNet reads. */
const backbone = {
  ...whole,
  head: {
    ...{ classes, reads: whole.head.reads, own: [] },
    build: (taps) => ({
      logits: concat(
        taps.map(({ tokens }) => reduceMean(tokens, { axes: [1] })),
        1,
      ),
    }),
  },
}

const pixels = (images) =>
  Float32Array.from({ length: images * 3 * side ** 2 }, random(0, 'segmentation').normal)

const forward = (tuned) =>
  Classifier.create({ network: tuned, store: new WeightStore({ seed: 0 }), compile, probabilities: true })

/** Thresholds at which half of the patches pass each gate: the median of its probabilities, gate after gate. */
async function halfActive(classifier, images) {
  const { sites, perGate } = classifier.gates
  const thresholds = sites.map(() => 0.5)
  for (const gate of sites.keys()) {
    const { probabilities } = await classifier.classify(images, undefined, { thresholds })
    const first = perGate.slice(0, gate).reduce((sum, count) => sum + count, 0)
    const own = probabilities.slice(first, first + perGate[gate]).sort()
    const half = Math.floor(own.length / 2)
    thresholds[gate] = (own[half - 1] + own[half]) / 2
  }
  return thresholds
}

const meanOf = (list) => list.reduce((sum, value) => sum + value, 0) / list.length

/** Thresholds of the backbone's gates, which are those of the whole model: the weights are the same. */
async function thresholdsOf(images) {
  const classifier = await forward(network({ ...backbone, ...methods.dyt }))
  const thresholds = await halfActive(classifier, images)
  await classifier.release()
  return thresholds
}

/** Static and skipping inference, with the whole model or the backbone alone. */
async function inferenceCases(parts, name, { images, thresholds }) {
  const cases = []
  for (const [method, own] of Object.entries(methods)) {
    const tuned = network({ ...parts, ...own })
    const classifier = await forward(tuned)
    const run = () => classifier.classify(images, undefined, own.tuner ? { thresholds } : {})
    const { masks } = await run()
    const activeRate = masks ? meanOf(masks) : 1
    const gates = tuned.gates.sites.map(() => ({ rate: activeRate }))
    const { total } = modelCost({ network: tuned, gates }).flops
    cases.push({
      name: `${name}, ${method}`,
      run,
      activeRate,
      macs: total,
      release: () => classifier.release(),
    })
  }
  return cases
}

async function inference() {
  const images = pixels(1)
  const thresholds = await thresholdsOf(images)
  const all = await inferenceCases(whole, 'whole', { images, thresholds })
  const alone = await inferenceCases(backbone, 'backbone', { images, thresholds })
  const probe = await gemmProbe(config, { compile, seed: 0 })
  const cases = [...all, ...alone]
  const times = await timeInTurn([...cases, { name: 'gemm', run: () => probe.run() }], turns)
  const peak = probe.flops / times.get('gemm').medianMs / 1e6
  for (const { release } of [...cases, probe]) await release()
  const results = [all, alone].flatMap(([base, ...others]) =>
    [base, ...others].map(({ name, activeRate, macs }) => {
      const { medianMs, p10Ms, p90Ms } = times.get(name)
      const timesAsFast = times.get(base.name).medianMs / medianMs
      return {
        ...{ case: name, activeRate: digits(activeRate), medianMs: digits(medianMs) },
        ...{ p10Ms: digits(p10Ms), p90Ms: digits(p90Ms), gemmShare: digits((2e-6 * macs) / medianMs / peak) },
        ...{ timesAsFast: digits(timesAsFast), promise: digits(base.macs / macs) },
        promiseKept: digits((timesAsFast * macs) / base.macs),
      }
    }),
  )
  return { gemmGflopsPerSecond: digits(peak), results }
}

/** A training step of two images with AdamW: all passes, losses and gradients. */
async function stepOf(images) {
  const tuned = network({ ...whole, ...methods.dyt })
  const { loss: taskLoss } = taskNamed('segmentation')
  const store = new WeightStore({ trainable: tuned.tunable, seed: 0 })
  const losses = { taskLoss, loss: paperLoss }
  const sizes = { seed: 0, microBatch: images, recompute, compile }
  const step = await TrainingStep.create({ network: tuned, ...losses, store, ...sizes })
  const optimizer = new AdamW(step.weights)
  const { uniform } = random(0, 'labels')
  const data = Uint16Array.from({ length: side ** 2 }, () => Math.floor(classes * uniform()))
  const maps = new Array(images).fill({ width: side, height: side, data })
  const batch = { images: pixels(images), targets: taskLoss.targets(maps, { classes }), size: images }
  let done = 0
  return {
    name: 'step',
    async run() {
      const { gradients } = await step.run(batch, done++)
      optimizer.update(gradients, 1e-6)
    },
    release: () => step.release(),
  }
}

async function training() {
  const images = 2
  const step = await stepOf(images)
  const classifier = await forward(network(whole))
  const batch = pixels(images)
  const times = await timeInTurn([{ name: 'static', run: () => classifier.classify(batch) }, step], turns)
  await Promise.all([classifier.release(), step.release()])
  const [base, own] = ['static', 'step'].map((name) => times.get(name).medianMs)
  return { images, staticMs: digits(base), stepMs: digits(own), forwardPasses: digits(own / base) }
}

/** Two steps in this process. */
async function memory() {
  const before = peakMemoryMB()
  const step = await stepOf(2)
  for (let i = 0; i < 2; i++) await step.run()
  return { images: 2, peakMemoryMB: Math.round(peakMemoryMB()), beforeMB: Math.round(before) }
}

/** A part in a process of its own. */
function apart(part) {
  const options = { model, size: side, channels, threads, rounds, parts: part }
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const file = fileURLToPath(import.meta.url)
  const text = execFileSync(process.execPath, [file, ...given, ...(recompute ? ['--recompute'] : [])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(text)[part]
}

const runs = { inference, training, memory }
const parts = values.parts.split(',')
const unknown = parts.find((part) => runs[part] === undefined)
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}. Give some of ${Object.keys(runs).join(', ')}.`)
  process.exit(2)
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
const machine = { node: process.version, processor: cpus()[0]?.model, threads }
const environment = { commit, ...machine, model, size: side, channels, rounds, recompute }
const found = {}
for (const part of parts) found[part] = parts.length === 1 ? await runs[part]() : apart(part)
console.log(JSON.stringify({ environment, ...found }, undefined, 2))
