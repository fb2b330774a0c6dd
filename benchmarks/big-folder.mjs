// How long a folder of very many images takes to open, to shuffle and to look at, and how much memory. Prints one JSON
// document.
//   node benchmarks/big-folder.mjs [--images 1000000] [--classes 1000] [--folder DIR]
// The images are hard links to one-pixel files in a folder below DIR (default the system's temporary one),
// removed afterwards.
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000000' },
    classes: { type: 'string', default: '1000' },
    folder: { type: 'string', default: tmpdir() },
    child: { type: 'string' },
  },
})
const images = Number(values.images)
const classes = Number(values.classes)
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
)
/** File systems allow some 65,000 names of one file. */
const namesOfOne = 50_000

function makeFolder(root) {
  for (let label = 0, made = 0, source = ''; label < classes; label++) {
    const folder = join(root, 'photos', `class-${String(label).padStart(5, '0')}`)
    mkdirSync(folder, { recursive: true })
    for (let i = 0; i < Math.ceil(images / classes) && made < images; i++, made++) {
      if (made % namesOfOne === 0) {
        source = join(root, `${made}.png`)
        writeFileSync(source, pixel)
      }
      linkSync(source, join(folder, `image-${String(made).padStart(8, '0')}.png`))
    }
    utimesSync(folder, 1, 1) // as if made long ago, so that the listing may be kept
  }
  utimesSync(join(root, 'photos'), 1, 1)
}

/** Opens the folder in a process of its own, shuffles ten epochs and makes one batch. */
async function measureHere(folder) {
  const { createLoader, fileLook, openDataset } = await import('dynamic-tuning/data')
  const { random } = await import('@dynamic-tuning/engine')
  const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024)
  const seconds = (start) => Number(((performance.now() - start) / 1000).toFixed(2))
  const startMemory = megabytes()
  let start = performance.now()
  const before = process.cpuUsage()
  const data = await openDataset(folder)
  const openSeconds = seconds(start)
  const used = process.cpuUsage(before)
  const openProcessorSeconds = Number(((used.user + used.system) / 1e6).toFixed(2))
  const openPeakMB = megabytes()
  start = performance.now()
  for (let epoch = 0; epoch < 10; epoch++)
    random(0, 'shuffle', epoch).shuffle(Int32Array.from(data.train.keys()))
  const shuffleSeconds = Number((seconds(start) / 10).toFixed(3))
  const transform = { height: 32, width: 32, resize: 'squash', mean: [0, 0, 0], std: [1, 1, 1] }
  start = performance.now()
  const loader = createLoader(data.train, { transform, batch: 64, seed: 0, shuffle: true, workers: 2 })
  for await (const batch of loader.epoch(0)) if (batch.size > 0) break
  const firstBatchSeconds = seconds(start)
  await loader.close()
  const listed = data.train.length + data.validation.length
  start = performance.now()
  const look = fileLook()
  const broken = [...data.train, ...data.validation].filter(({ source }) => !look.seemsSound(source)).length
  look.close()
  const lookSeconds = seconds(start)
  console.log(
    JSON.stringify({
      listed,
      openSeconds,
      openProcessorSeconds,
      shuffleSeconds,
      firstBatchSeconds,
      lookSeconds,
      broken,
      startMemory,
      openPeakMB,
      peakMB: megabytes(),
    }),
  )
}

function measure(name, root) {
  const script = [import.meta.filename, '--child', join(root, 'photos')]
  const environment = { ...process.env, DYT_CACHE: join(root, 'cache') }
  const output = execFileSync(process.execPath, script, {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { name, ...JSON.parse(output.toString()) }
}

if (values.child !== undefined) {
  await measureHere(values.child)
} else {
  const root = mkdtempSync(join(values.folder, 'big-folder-'))
  try {
    const start = performance.now()
    makeFolder(root)
    console.error(`made ${images} images in ${((performance.now() - start) / 1000).toFixed(0)} s`)
    const results = [measure('first opening', root), measure('opened again', root)]
    const kept = readdirSync(join(root, 'cache'), { recursive: true }).length > 0
    const environment = { node: process.version, processor: cpus()[0]?.model, cores: cpus().length }
    console.log(
      JSON.stringify({ benchmark: 'big-folder', environment, images, classes, kept, results }, null, 2),
    )
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
