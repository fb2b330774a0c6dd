// What the kill test runs: tiny models on drawn tasks, one or two seconds each.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawImage } from 'dynamic-tuning/data'
import { saveCheckpointFile } from 'dynamic-tuning/io'
import { drawWeights } from 'dynamic-tuning/models'
import { encodePng } from 'dynamic-tuning/report'

const sizes = ['--train-size', '40', '--test-size', '16', '--batch', '8', '--epochs', '3', '--threads', '1']
const drawn = ['--data', 'builtin:nature', '--model', 'tiny.safetensors', '--workers', '0', ...sizes]
const small = ['--bottleneck', '4']

/** A run of `finetune`, which goes on with --resume. */
const tune = (name, weight, ...args) => ({
  ...{ name, weight, starts: (out) => ['finetune', ...args, '--out', out] },
  resumes: (out) => ['finetune', '--resume', '--out', out],
})

/** A study, whose same command goes on. */
const study = (name, weight, ...args) => {
  const command = (out) => [...args, '--out', out]
  return { name, weight, starts: command, resumes: command }
}

/** The scenarios; `weight` says how often each has its turn. */
export const scenarios = [
  tune('features', 3, ...drawn, '--method', 'linear', '--tensorboard'),
  tune('features of adapters', 2, ...drawn, ...small, '--method', 'adaptformer', '--cache-features', '100MB'),
  tune('dyt', 4, ...drawn, ...small),
  tune('lora', 1, ...drawn, '--method', 'lora'),
  tune('full', 2, ...drawn, '--method', 'full'),
  tune('vpt-deep', 1, ...drawn, '--method', 'vpt-deep'),
  tune('dynamic-full', 1, ...drawn, ...small, '--method', 'dynamic-full'),
  tune(
    ...['photos', 3, '--data', 'photos', '--augment', 'light', '--model', 'tiny.safetensors'],
    ...['--workers', '1', '--skip-bad', '--batch', '8', '--epochs', '3', '--threads', '1', ...small],
  ),
  tune(
    ...['clips', 2, '--data', 'builtin:motion', '--frames', '2', '--model', 'tiny.safetensors'],
    ...['--workers', '0', '--train-size', '16', '--test-size', '8', '--batch', '8', '--epochs', '3'],
    ...['--threads', '1', ...small],
  ),
  study('compare', 2, 'compare', ...drawn, ...small, '--methods', 'linear,dyt', '--seeds', '1'),
  study('sweep', 2, 'sweep', '--config', 'sweep.yaml', '--jobs', '2'),
  study(
    ...['vtab', 2, 'vtab', '--root', 'vtab', '--tasks', 'dsprites_ori,dtd', '--model', 'tiny.safetensors'],
    ...['--method', 'linear', '--batch', '4', '--epochs', '2', '--threads', '1', '--seeds', '1'],
  ),
]

/** Writes the backbone, the photos, the lists and the settings that the scenarios use. */
export async function writeMaterial(folder) {
  const config = {
    ...{ imageSize: [32, 32], patchSize: 8, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2 },
    ...{ numClasses: 5, globalPool: 'token', layerNormEps: 1e-6, qkvBias: true },
  }
  saveCheckpointFile(join(folder, 'tiny.safetensors'), { tensors: drawWeights(config, 1), config })
  await writePhotos(join(folder, 'photos'))
  for (const [i, task] of ['dsprites_ori', 'dtd'].entries()) await writeLists(join(folder, 'vtab', task), i)
  const [workers, grid] = ['workers: 0', 'grid: { rate: [0.3, 0.7] }']
  const lines = ['data: builtin:nature', 'model: tiny.safetensors', 'method: dyt', 'bottleneck: 4', workers]
  const counts = ['trainSize: 24', 'testSize: 16', 'batch: 8', 'epochs: 2', 'threads: 2', grid]
  writeFileSync(join(folder, 'sweep.yaml'), `${[...lines, ...counts].join('\n')}\n`)
}

async function writePhotos(folder) {
  for (let i = 0; i < 48; i++) {
    const path = join(folder, String(i % 2))
    mkdirSync(path, { recursive: true })
    const png = await encodePng(drawImage('orientation', 5, i, 40))
    // Two of them end in the middle, which only decoding them shows, or which their size shows.
    writeFileSync(join(path, `${i}.png`), i % 24 === 7 ? png.subarray(0, png.length / 2) : png)
  }
}

async function writeLists(folder, seed) {
  mkdirSync(folder, { recursive: true })
  const lines = []
  for (let i = 0; i < 12; i++) {
    writeFileSync(join(folder, `${i}.png`), await encodePng(drawImage('orientation', seed, i, 32)))
    lines.push(`${i}.png ${i % 2}\n`)
  }
  const parts = { train800: [0, 6], val200: [6, 8], train800val200: [0, 8], test: [8, 12] }
  for (const [name, [from, to]] of Object.entries(parts))
    writeFileSync(join(folder, `${name}.txt`), lines.slice(from, to).join(''))
}
