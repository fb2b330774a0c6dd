// How long the gradients of operators on maps take, as multiples of their forward pass. Prints one JSON document.
//   node benchmarks/operators.mjs [--batch 2] [--channels 768] [--sides 16,32,64] [--rounds 5] [--threads 2] [--only conv]
// The maps are those of UPerNet at 512 pixels, which go up to --sides 128. Forward and backward passes take
// turns; times are of the processor (all threads), so other work on the machine disturbs them little.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import {
  adaptiveAveragePool,
  batchNormalization,
  batchNormalizationTraining,
  compile,
  conv,
  convTranspose,
  evaluateSize,
  filled,
  input,
  maxPool,
  random,
  resize,
} from '@dynamic-tuning/engine'

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '2' },
    channels: { type: 'string', default: '768' },
    sides: { type: 'string', default: '16,32,64' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
})
const [batch, channels, rounds, threads] = ['batch', 'channels', 'rounds', 'threads'].map((name) =>
  Number(values[name]),
)
const sides = values.sides.split(',').map(Number)

/** Operators by name: a result of a map [B, C, side, side], with its other inputs from `leaf`. */
const lists = (leaf) => ['weight', 'bias', 'mean', 'variance'].map((name) => leaf(name, channels))
const operators = {
  'conv 3x3': (x, leaf) => conv(x, leaf('kernel', channels, channels, 3, 3), { padding: 1 }),
  'conv 3x3, stride 2': (x, leaf) =>
    conv(x, leaf('kernel', channels, channels, 3, 3), { padding: 1, stride: 2 }),
  'conv 1x1': (x, leaf) => conv(x, leaf('kernel', channels, channels, 1, 1)),
  'conv 1x1 to 150 classes': (x, leaf) =>
    conv(x, leaf('kernel', 150, channels, 1, 1), { bias: leaf('bias', 150) }),
  'convTranspose 2x2, stride 2': (x, leaf) =>
    convTranspose(x, leaf('kernel', channels, channels, 2, 2), { stride: 2 }),
  'maxPool 2x2': (x) => maxPool(x, { kernel: 2 }),
  'adaptiveAveragePool 6x6': (x) => adaptiveAveragePool(x, 6),
  'resize, twice the side': (x) => resize(x, [2 * x.shape[2], 2 * x.shape[3]]),
  batchNormalization: (x, leaf) => {
    const [weight, bias, mean, variance] = lists(leaf)
    return batchNormalization(x, weight, bias, { mean, variance }, 1e-5)
  },
  batchNormalizationTraining: (x, leaf) => {
    const [weight, bias, mean, variance] = lists(leaf)
    return batchNormalizationTraining(x, weight, bias, { mean, variance }, { epsilon: 1e-5 }).y
  },
}

/** The forward pass of an operator, and with its gradients, as graphs; the gradient of y is an input. */
function graphsOf(build, side) {
  const feeds = {}
  const leaf = (name, ...shape) => {
    const { uniform } = random(1, name)
    const data = Float32Array.from({ length: evaluateSize(shape) }, uniform)
    feeds[name] = { dtype: 'float32', shape, data }
    return input(name, shape)
  }
  const y = build(leaf('x', batch, channels, side, side), leaf)
  const { op, inputs, outputs, attributes } = y.node
  const slopes = [leaf('dy', ...y.shape), ...outputs.slice(1).map(({ shape }) => filled(0, shape))]
  const gradients = op.vjp(inputs, outputs, slopes, attributes)
  const named = gradients.map((gradient, i) => [`gradient${i}`, gradient])
  const cost = op.cost?.(inputs, outputs, evaluateSize) ?? 0
  return { forward: { y }, both: { y, ...Object.fromEntries(named) }, feeds, cost }
}

async function timed(program, feeds) {
  const given = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]]))
  const [start, before] = [performance.now(), process.cpuUsage()]
  await program.run(given)
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - start, processor: (user + system) / 1e3 }
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]
const digits = (value) => Number(value.toPrecision(3))

async function measure(operator, build, side) {
  const { forward, both, feeds, cost } = graphsOf(build, side)
  const options = { threads, spin: false }
  const programs = [await compile(forward, options), await compile(both, options)]
  const times = programs.map(() => [])
  for (let round = 0; round <= rounds; round++)
    for (const [i, program] of programs.entries()) {
      const time = await timed(program, feeds)
      if (round > 0) times[i].push(time)
    }
  for (const program of programs) await program.release()
  const [one, two] = times.map((all) => median(all.map(({ processor }) => processor)))
  const [wall] = times.map((all) => median(all.map((time) => time.wall)))
  return {
    ...{
      operator,
      side,
      forwardMs: digits(one),
      wallMs: digits(wall),
      backwardToForward: digits((two - one) / one),
    },
    gigaMultiplyAccumulates: digits(cost / 1e9),
  }
}

const results = []
for (const [operator, build] of Object.entries(operators))
  for (const side of sides)
    if (operator.startsWith(values.only)) results.push(await measure(operator, build, side))
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
const environment = {
  commit,
  node: process.version,
  processor: cpus()[0]?.model,
  threads,
  batch,
  channels,
  rounds,
}
console.log(JSON.stringify({ environment, results }, undefined, 2))
