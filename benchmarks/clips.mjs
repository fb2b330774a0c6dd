// How fast videos become model inputs, per core, with the time of ffmpeg counted. Prints one JSON document.
//   node benchmarks/clips.mjs [FOLDER] [--frames 8] [--size 224] [--rounds 7]
// Without a folder it makes 8 H.264 videos of ten seconds, 340 x 256 pixels, as Kinetics is kept. Needs
// ffmpeg; the time of programs is read from /proc, so elsewhere than on Linux figures are of the wall clock.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { clipReader, createLoader, isVideoName } from 'dynamic-tuning/data'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: 'string', default: '8' },
    size: { type: 'string', default: '224' },
    rounds: { type: 'string', default: '7' },
  },
})
const [frames, size, rounds] = [values.frames, values.size, values.rounds].map(Number)

/** Makes videos of moving patterns with sound, so that there is something to skip. */
function makeVideos(folder) {
  for (let i = 0; i < 8; i++) {
    const picture = `testsrc2=size=340x256:rate=25:duration=10,hue=H=${i}:s=1+0.5*sin(t),noise=alls=8:all_seed=${i}:allf=t`
    const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=duration=10']
    const codec = ['-c:v', 'libx264', '-crf', '23', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest']
    execFileSync('ffmpeg', ['-v', 'error', ...inputs, ...codec, join(folder, `${i}.mp4`)])
  }
}

/** Seconds of processor time so far, of this process and of those it has run. */
function processorSeconds() {
  if (!existsSync('/proc/self/stat')) return performance.now() / 1000
  const ofChildren = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').slice(13, 15)
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 + (Number(ofChildren[0]) + Number(ofChildren[1])) / 100
}

function quantile(sorted, share) {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low)
}

/** Clips per second of processor time over rounds, after one to warm up. */
async function measure(name, clips, round) {
  const rates = []
  for (let i = 0; i <= rounds; i++) {
    const before = processorSeconds()
    await round(i)
    if (i > 0) rates.push(clips / (processorSeconds() - before))
  }
  rates.sort((a, b) => a - b)
  const [p10, median, p90] = [0.1, 0.5, 0.9].map((share) => Number(quantile(rates, share).toFixed(2)))
  return { name, clipsPerSecondPerCore: { median, p10, p90 } }
}

const made = positionals[0] === undefined ? mkdtempSync(join(tmpdir(), 'clips-')) : undefined
try {
  if (made) makeVideos(made)
  const folder = made ?? positionals[0]
  const paths = readdirSync(folder, { recursive: true })
    .filter(isVideoName)
    .sort()
    .map((name) => join(folder, name))
  if (paths.length === 0) throw new Error(`clips: ${folder} has no videos`)
  const examples = paths.map((path) => ({ source: { kind: 'file', path }, truth: 0 }))
  const transform = {
    ...{ height: size, width: size, resize: 'crop' },
    ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  }
  const dense = { frames, sampling: 'dense', samplingRate: 16 }
  const uniform = { frames, sampling: 'uniform' }
  const jitter = { shortSideJitter: [1, 256 / 224], flip: true }
  const strong = {
    randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    randAugment: { magnitude: 7, layers: 4, deviation: 0.5 },
  }
  const through = (sample, augment) => {
    const settings = { transform: augment ? { ...transform, augment } : transform, sample }
    return async (epoch) => {
      const loader = createLoader(examples, { ...settings, batch: 4, seed: 0, workers: 0 })
      for await (const batch of loader.epoch(epoch)) batch.images.fill(0)
      await loader.close()
    }
  }
  const decode = async () => {
    const reader = clipReader(size)
    for (const { source } of examples) {
      const clip = await reader.open(source, frames)
      await clip.read(
        Array.from({ length: frames }, (_, i) => Math.min(clip.total - 1, 16 * i)),
        size * 2,
      )
    }
    reader.close()
  }
  const count = examples.length
  const results = [
    await measure('decode, dense', count, decode),
    await measure('decode, dense, one test view', count, through({ ...dense, views: [1, 1] })),
    await measure('decode, dense, 1 x 3 test views', count, through({ ...dense, views: [1, 3] })),
    await measure('decode, dense, short side jitter (Kinetics)', count, through(dense, jitter)),
    await measure('decode, uniform, 3 x 1 test views', count, through({ ...uniform, views: [3, 1] })),
    await measure('decode, uniform, RandAugment (Something-Something)', count, through(uniform, strong)),
  ]
  const version = execFileSync('ffmpeg', ['-version']).toString().split(' ')[2]
  const environment = {
    ...{ node: process.version, ffmpeg: version, processor: cpus()[0]?.model, cores: cpus().length },
    time: existsSync('/proc/self/stat') ? 'processor' : 'wall clock',
  }
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  const videos = { count, meanBytes: Math.round(bytes / count) }
  console.log(
    JSON.stringify({ benchmark: 'clips', environment, size, frames, videos, rounds, results }, null, 2),
  )
} finally {
  if (made) rmSync(made, { recursive: true, force: true })
}
