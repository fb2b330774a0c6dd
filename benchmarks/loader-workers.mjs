// How many photos a second become batches with more and more threads, and the memory it takes. Prints one
// JSON document.
//   node benchmarks/loader-workers.mjs [FOLDER] [--size 224] [--workers 0,1,2,4] [--rounds 5]
// Without a folder it makes 32 JPEG photos of 500 x 375 by drawing them. Nothing is cached; every case runs
// in its own process.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createLoader, drawImage } from 'dynamic-tuning/data'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '224' },
    workers: { type: 'string', default: '0,1,2,4' },
    rounds: { type: 'string', default: '5' },
    child: { type: 'string' },
  },
})
const size = Number(values.size)
const rounds = Number(values.rounds)
const batch = 32

async function makePhotos(folder) {
  const sharp = createRequire(import.meta.resolve('dynamic-tuning'))('sharp')
  for (let i = 0; i < 32; i++) {
    const { data } = drawImage('nature', 0, i, 500)
    const photo = sharp(data, { raw: { width: 500, height: 500, channels: 3 } })
      .extract({ left: 0, top: 0, width: 500, height: 375 })
      .jpeg({ quality: 90 })
    writeFileSync(join(folder, `${i}.jpg`), await photo.toBuffer())
  }
}

/** Images a second over rounds of 128 images, after one to warm up. */
async function measureHere(folder, workers) {
  const paths = readdirSync(folder, { recursive: true })
    .filter((name) => /\.jpe?g$/i.test(name))
    .sort()
    .map((name) => join(folder, name))
  const examples = Array.from({ length: 128 }, (_, i) => ({
    source: { kind: 'file', path: paths[i % paths.length] },
    label: 0,
  }))
  const augment = { randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }, flip: true }
  const transform = { height: size, width: size, resize: 'squash', mean: [0, 0, 0], std: [1, 1, 1], augment }
  const loader = createLoader(examples, { transform, batch, seed: 0, shuffle: true, workers, cacheMB: 0 })
  const rates = []
  let before = process.cpuUsage()
  for (let epoch = 0; epoch <= rounds; epoch++) {
    const start = performance.now()
    for await (const { images } of loader.epoch(epoch))
      if (images.length === 0) throw new Error('empty batch')
    if (epoch === 0) before = process.cpuUsage()
    else rates.push(examples.length / ((performance.now() - start) / 1000))
  }
  const { user, system } = process.cpuUsage(before)
  const imagesPerProcessorSecond = Number(((rounds * examples.length * 1e6) / (user + system)).toFixed(1))
  await loader.close()
  rates.sort((a, b) => a - b)
  const imagesPerSecond = Number(rates[Math.floor(rates.length / 2)].toFixed(1))
  const peakMB = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(JSON.stringify({ workers, imagesPerSecond, imagesPerProcessorSecond, peakMB }))
}

if (values.child !== undefined) {
  await measureHere(positionals[0], Number(values.child))
} else {
  const made = positionals[0] === undefined ? mkdtempSync(join(tmpdir(), 'loader-workers-')) : undefined
  try {
    if (made) await makePhotos(made)
    const results = values.workers.split(',').map((workers) => {
      const flags = ['--size', values.size, '--rounds', values.rounds, '--child', workers]
      return JSON.parse(
        execFileSync(process.execPath, [import.meta.filename, made ?? positionals[0], ...flags]),
      )
    })
    const environment = { node: process.version, processor: cpus()[0]?.model, cores: availableParallelism() }
    console.log(
      JSON.stringify({ benchmark: 'loader-workers', environment, size, batch, rounds, results }, null, 2),
    )
  } finally {
    if (made) rmSync(made, { recursive: true, force: true })
  }
}
