// How time and memory grow with tokens, images, layers and width, of a forward pass and of a training step
// (Dynamic Tuning):
//   node benchmarks/scaling.mjs OUT.jsonl [--threads 2] [--rounds 5] [--axes tokens,images,layers,width]
// Every point runs in a process of its own and is added to OUT.jsonl; run it again to go on where it stopped.
// In the end it prints the exponents (time ~ size^a) and draws OUT.svg.
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile, random } from '@dynamic-tuning/engine'
import { WeightStore } from 'dynamic-tuning'
import { peakMemoryMB } from 'dynamic-tuning/bench'
import { writeAside } from 'dynamic-tuning/io'
import {
  buildModel,
  modelOf,
  network,
  sampleInput,
  tokenCount,
  tunerNamed,
  vitConfig,
} from 'dynamic-tuning/models'
import { lineChart } from 'dynamic-tuning/report'
import { classificationLoss, classTargets } from 'dynamic-tuning/tasks'
import { paperLoss, TrainingStep } from 'dynamic-tuning/training'

/** Where the axes cross: small enough that the largest point takes seconds. */
const centre = { side: 224, images: 4, layers: 6, width: 384 }
/** Values of each axis, and what is counted on it. */
const axes = {
  tokens: { field: 'side', values: [112, 160, 224, 320, 448], size: ({ side }) => (side / 16) ** 2 + 1 },
  images: { field: 'images', values: [1, 2, 4, 8, 16], size: ({ images }) => images },
  layers: { field: 'layers', values: [2, 4, 6, 9, 12], size: ({ layers }) => layers },
  width: { field: 'width', values: [128, 192, 384, 768], size: ({ width }) => width },
}
const kinds = ['forward', 'step']
const classes = 100

function configOf({ side, layers, width }) {
  const base = vitConfig('vit_small_patch16_224', classes)
  return { ...base, imageSize: [side, side], depth: layers, embedDim: width, numHeads: width / 64 }
}

async function forward(config, pixels, threads) {
  const model = modelOf(config)
  const { outputs } = buildModel(sampleInput(model.sample), new WeightStore({ seed: 0 }), model)
  const program = await compile({ logits: outputs.logits }, { threads, fused: true })
  return () => program.run({ images: pixels })
}

async function step(config, pixels, threads) {
  const images = pixels.length / (3 * config.imageSize[0] * config.imageSize[1])
  const tuned = network({ ...modelOf(config), tuner: tunerNamed('dyt') })
  const store = new WeightStore({ trainable: tuned.tunable, seed: 0 })
  const sizes = { seed: 0, microBatch: images, compile: { threads } }
  const made = await TrainingStep.create({
    ...{ network: tuned, taskLoss: classificationLoss, loss: paperLoss, store },
    ...sizes,
  })
  const labels = Array.from({ length: images }, (_, i) => i % classes)
  const batch = { images: pixels, targets: classTargets(labels, { classes }), size: images }
  let done = 0
  return () => made.run(batch, done++)
}

/** Median milliseconds and the peak memory of this process, less what it held before. */
async function measure({ kind, threads, rounds, ...point }) {
  const config = configOf(point)
  const pixels = Float32Array.from(
    { length: point.images * 3 * point.side ** 2 },
    random(0, 'scaling').normal,
  )
  const before = peakMemoryMB()
  const run = await (kind === 'forward' ? forward : step)(config, pixels, threads)
  await run()
  const times = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const medianMs = times[Math.floor(times.length / 2)]
  return { medianMs, memoryMB: peakMemoryMB() - before, tokens: tokenCount(config) }
}

const keyOf = ({ kind, axis, side, images, layers, width, threads }) =>
  JSON.stringify([kind, axis, side, images, layers, width, threads])

/** Slope of a straight line through the logarithms: by least squares. */
function exponent(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)])
  const mean = (index) => logs.reduce((sum, each) => sum + each[index], 0) / logs.length
  const [mx, my] = [mean(0), mean(1)]
  const top = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  return top / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}

function report(lines, wanted, out) {
  const series = []
  for (const axis of wanted)
    for (const kind of kinds) {
      const own = lines.filter((line) => line.axis === axis && line.kind === kind)
      const at = (value) => own.map((line) => [axes[axis].size(line), line[value]]).sort(([a], [b]) => a - b)
      const [time, memory] = [at('medianMs'), at('memoryMB')]
      const range = `${time[0][1].toFixed(0)} to ${time.at(-1)[1].toFixed(0)} ms`
      console.log(
        `${kind.padEnd(8)} ${axis.padEnd(7)} time ^ ${exponent(time).toFixed(2)}   memory ^ ${exponent(memory).toFixed(2)}   ${range}`,
      )
      const first = time[0]
      series.push({ name: `${kind}, ${axis}`, points: time.map(([x, y]) => [x / first[0], y / first[1]]) })
    }
  const labels = { xLabel: 'size, times the smallest', yLabel: 'time, times that of the smallest' }
  writeAside(
    `${out}.svg`,
    lineChart({ title: 'Time by tokens, images, layers and width', ...labels, series, logX: true }),
  )
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    axes: { type: 'string', default: Object.keys(axes).join(',') },
    point: { type: 'string' },
  },
})

if (values.point !== undefined) {
  console.log(JSON.stringify(await measure(JSON.parse(values.point))))
} else {
  const [file] = positionals
  const wanted = values.axes.split(',')
  const unknown = wanted.find((name) => axes[name] === undefined)
  if (file === undefined || unknown !== undefined) {
    console.error(
      `Give a file for the results${unknown ? `, and axes of ${Object.keys(axes).join(', ')}` : ''}.`,
    )
    process.exit(2)
  }
  const read = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : []
  const known = new Set(read().map(keyOf))
  const settings = { threads: Number(values.threads), rounds: Number(values.rounds) }
  for (const axis of wanted)
    for (const value of axes[axis].values)
      for (const kind of kinds) {
        const point = { kind, axis, ...centre, [axes[axis].field]: value, ...settings }
        if (known.has(keyOf(point))) continue
        const script = fileURLToPath(import.meta.url)
        const words = [script, '--point', JSON.stringify(point)]
        const result = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }))
        appendFileSync(file, `${JSON.stringify({ ...point, ...result })}\n`)
        console.error(
          `${kind} ${axis} ${value}: ${result.medianMs.toFixed(0)} ms, ${result.memoryMB.toFixed(0)} MB`,
        )
      }
  const lines = read().filter((line) => line.threads === settings.threads)
  report(lines, wanted, file.replace(/\.jsonl$/, ''))
}
