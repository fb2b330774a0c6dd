// How fast photos become model inputs, per core. Prints one JSON document.
//   node benchmarks/loading.mjs [FOLDER] [--size 224] [--rounds 15]
// Without a folder it makes 32 JPEG photos of 500 x 375 by drawing them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createLoader, decode, drawImage } from 'dynamic-tuning/data'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '224' }, rounds: { type: 'string', default: '15' } },
})
const size = Number(values.size)
const rounds = Number(values.rounds)
const require = createRequire(import.meta.resolve('dynamic-tuning'))
const sharp = require('sharp')

/** JPEG files of a folder. */
function photosOf(folder) {
  const paths = readdirSync(folder, { recursive: true })
    .filter((name) => /\.jpe?g$/i.test(name))
    .sort()
    .map((name) => join(folder, name))
  if (paths.length > 0) return paths
  console.error(`loading: ${folder} has no JPEG photos`)
  return process.exit(1)
}

/** Draws landscapes and writes them as photos. */
async function makePhotos(folder) {
  for (let i = 0; i < 32; i++) {
    const { data } = drawImage('nature', 0, i, 500)
    const photo = sharp(data, { raw: { width: 500, height: 500, channels: 3 } }).extract({
      left: 0,
      top: 0,
      width: 500,
      height: 375,
    })
    writeFileSync(join(folder, `${i}.jpg`), await photo.jpeg({ quality: 90 }).toBuffer())
  }
}

/** Quantile of sorted numbers, between neighbours. */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low)
}

/** Images per second of processor time over rounds, after two to warm up. */
async function measure(name, images, round) {
  const rates = []
  for (let i = 0; i < rounds + 2; i++) {
    const before = process.cpuUsage()
    await round(i)
    const { user, system } = process.cpuUsage(before)
    if (i >= 2) rates.push((images * 1e6) / (user + system))
  }
  rates.sort((a, b) => a - b)
  const [p10, median, p90] = [0.1, 0.5, 0.9].map((share) => Number(quantile(rates, share).toFixed(1)))
  return { name, imagesPerSecondPerCore: { median, p10, p90 } }
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return undefined
  }
}

const made = positionals[0] === undefined ? mkdtempSync(join(tmpdir(), 'loading-')) : undefined
try {
  if (made) await makePhotos(made)
  const paths = photosOf(made ?? positionals[0])
  const files = paths.map((path) => readFileSync(path))
  const repeat = Math.max(1, Math.ceil(48 / files.length))
  const examples = Array.from({ length: repeat }, () =>
    paths.map((path) => ({ source: { kind: 'file', path }, truth: 0 })),
  ).flat()
  const transform = {
    height: size,
    width: size,
    resize: 'crop',
    cropRatio: 0.875,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }
  const augment = { randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }, flip: true }
  const through = (settings) => {
    const loader = createLoader(examples, { transform: settings, batch: 16, seed: 0, workers: 0, cacheMB: 0 })
    return async (epoch) => {
      for await (const batch of loader.epoch(epoch)) batch.images.fill(0)
    }
  }
  const decodeAll = async () => {
    for (let i = 0; i < examples.length; i++) await decode(files[i % files.length], paths[i % paths.length])
  }
  const results = [
    await measure('decode', examples.length, decodeAll),
    await measure('decode + resize', examples.length, through(transform)),
    await measure('decode + random resized crop + flip', examples.length, through({ ...transform, augment })),
    await measure(
      'decode + all augmentation',
      examples.length,
      through({
        ...transform,
        augment: { ...augment, trivialAugment: true, colorJitter: 0.3, randomErasing: 0.25 },
      }),
    ),
  ]
  const environment = {
    commit: git('rev-parse', 'HEAD'),
    dirty: git('status', '--porcelain') !== '',
    node: process.version,
    sharp: sharp.versions.sharp,
    libvips: sharp.versions.vips,
    processor: cpus()[0]?.model,
    cores: cpus().length,
  }
  const photos = {
    count: files.length,
    meanBytes: Math.round(files.reduce((sum, { length }) => sum + length, 0) / files.length),
  }
  console.log(
    JSON.stringify(
      { benchmark: 'loading', environment, size, photos, rounds, imagesPerRound: examples.length, results },
      null,
      2,
    ),
  )
} finally {
  if (made) rmSync(made, { recursive: true, force: true })
}
