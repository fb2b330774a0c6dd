import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runDyt } from './compare-weights/run-dyt.mjs'
import { writeTinySwin, writeTinyVit } from './compare-weights/tiny-models.mjs'

/**
 * Writes packages/dynamic-tuning/fixtures/v0.1: runs of version 0.1 with what its `dyt eval` said of them.
 * It was run once, with version 0.1, and stays to tell how the fixtures were made; it is not to be run with a
 * later version:
 *
 *     node scripts/make-v0.1-fixtures.mjs CHECKOUT-OF-0.1
 */
const [checkout = '.'] = process.argv.slice(2)
const packages = resolve(checkout, 'packages')
const { encodePng, drawImage } = await import(
  pathToFileURL(join(packages, 'dynamic-tuning/dist/index.js')).href
)
const { openModelFile } = await import(pathToFileURL(join(packages, 'engine/dist/index.js')).href)
const fixtures = fileURLToPath(new URL('../packages/dynamic-tuning/fixtures/v0.1', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fixtures-'))
const dyt = (args, stop) => runDyt({ dyt: join(packages, 'cli/bin/dyt.js'), folder, args, stop })

const sizes = (train, test, batch) => [
  ...['--train-size', train, '--test-size', test, '--batch', batch, '--learning-rate', '0.01'],
  ...['--threads', '1', '--workers', '1', '--seed', '3'],
]
const onImages = ['--data', 'builtin:count', '--model', 'vit.safetensors', ...sizes('48', '32', '16')]
const onClips = ['--data', 'builtin:motion', '--frames', '2', '--model', 'vit.safetensors']
const onSwin = ['--data', 'builtin:count', '--model', 'swin.safetensors', ...sizes('48', '32', '16')]
const runs = {
  images: [...onImages, '--bottleneck', '4', '--epochs', '8'],
  interrupted: [...onImages, '--bottleneck', '4', '--epochs', '40'],
  clips: [...onClips, ...sizes('24', '16', '8'), '--bottleneck', '4', '--epochs', '4'],
  swin: [...onSwin, '--method', 'lora', '--rank', '2', '--epochs', '6'],
}

/** Copies a file of a run; the folder of the models becomes the word FOLDER: every machine has another. */
function keep(from, to) {
  const target = join(fixtures, to)
  mkdirSync(dirname(target), { recursive: true })
  if (/\.jsonl?$/.test(from))
    writeFileSync(target, readFileSync(join(folder, from), 'utf8').replaceAll(folder, 'FOLDER'))
  else cpSync(join(folder, from), target)
}

function writeExpected(name, expected) {
  writeFileSync(join(fixtures, name, 'expected.json'), `${JSON.stringify(expected, undefined, 2)}\n`)
}

/** What `dyt eval` prints, without times, memory and places. */
async function evaluation(name) {
  const all = JSON.parse(await dyt(['eval', name, '--json', '--quiet', '--threads', '1']))
  const { run, model, seconds, imagesPerSecond, peakMemoryMB, ...figures } = all
  return figures
}

/** Answers of the ONNX file to two images, whose value i is (37 i mod 256) / 128 - 1. */
async function onnxAnswers(path) {
  const data = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => ((37 * i) % 256) / 128 - 1)
  const session = await openModelFile(path, { threads: 1 })
  const { logits, masks } = await session.run({
    pixel_values: { dtype: 'float32', shape: [2, 3, 32, 32], data },
    threshold: { dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 0.5) },
  })
  return { logits: [...logits.data], masks: [...masks.data] }
}

const trained = ['config.json', 'metrics.jsonl', 'adapter.safetensors', 'checkpoint/state.safetensors']

async function makeFinished(name) {
  await dyt(['finetune', ...runs[name], '--out', name])
  for (const file of trained) keep(`${name}/${file}`, `${name}/run/${file}`)
  const expected = { evaluation: await evaluation(name) }
  if (name === 'images') {
    await dyt(['export', name, '--out', 'model.onnx'])
    keep('model.onnx', 'images/model.onnx')
    expected.onnx = await onnxAnswers(join(folder, 'model.onnx'))
    const told = await dyt(['predict', name, 'picture.png', '--json', '--quiet', '--threads', '1'])
    expected.prediction = JSON.parse(told).results[0]
  }
  writeExpected(name, expected)
}

async function makeInterrupted(name) {
  await dyt(['finetune', ...runs[name], '--out', name], true)
  const unfinished = trained.filter((file) => !file.startsWith('adapter'))
  for (const file of unfinished) keep(`${name}/${file}`, `${name}/run/${file}`)
  await dyt(['finetune', '--resume', '--out', name])
  keep(`${name}/adapter.safetensors`, `${name}/resumed.safetensors`)
  writeExpected(name, { evaluation: await evaluation(name) })
}

try {
  rmSync(fixtures, { recursive: true, force: true })
  writeTinyVit(join(folder, 'vit.safetensors'))
  writeTinySwin(join(folder, 'swin.safetensors'))
  writeFileSync(join(folder, 'picture.png'), await encodePng(drawImage('count', 0, 5, 32)))
  for (const file of ['vit.safetensors', 'swin.safetensors', 'picture.png']) keep(file, file)
  for (const name of ['images', 'clips', 'swin']) await makeFinished(name)
  await makeInterrupted('interrupted')
} finally {
  rmSync(folder, { recursive: true })
}
