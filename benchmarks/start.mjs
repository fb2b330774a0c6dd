// How long `dyt predict` takes from the start of its process, and what takes how long:
//   node benchmarks/start.mjs [RUN] [--runs 9] [--json]
// Without RUN a small run of the built-in backbone is made first, and removed afterwards.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawImage } from 'dynamic-tuning/data'
import { encodePng } from 'dynamic-tuning/report'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '9' }, json: { type: 'boolean', default: false } },
})
const cli = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dyt-start-'))

/**
 * A program that predicts one image and tells when each of its stages ended, in ms from the start
 * of its process.
 */
const program = `
const ends = { 'start Node': performance.now() }
const { openRun } = await import(${JSON.stringify(import.meta.resolve('dynamic-tuning'))})
const { imageReader, toInput } = await import(${JSON.stringify(import.meta.resolve('dynamic-tuning/data'))})
ends['load the library'] = performance.now()
const run = openRun(${JSON.stringify('RUN')})
ends['read run and backbone'] = performance.now()
const classifier = await run.classifier('skip')
ends['compile the model'] = performance.now()
const reader = imageReader()
const image = await reader.read({ kind: 'file', path: ${JSON.stringify('PICTURE')} })
ends['decode the image'] = performance.now()
await classifier.classify(toInput(image, run.transform))
ends['classify it'] = performance.now()
reader.close()
await classifier.release()
ends['release'] = performance.now()
console.log(JSON.stringify(ends))
`

const node = (...words) => execFileSync(process.execPath, words, { encoding: 'utf8' })

function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)]
}

function smallRun() {
  const run = join(folder, 'run')
  const sizes = ['--train-size', '64', '--test-size', '16', '--epochs', '1', '--quiet']
  node(cli, 'finetune', '--data', 'builtin:nature', ...sizes, '--out', run)
  return run
}

function measure(run, picture, script, samples) {
  const start = performance.now()
  node(cli, 'predict', run, picture, '--json', '--quiet')
  samples['dyt predict'].push(performance.now() - start)
  let last = 0
  for (const [stage, end] of Object.entries(JSON.parse(node(script)))) {
    samples[stage] ??= []
    samples[stage].push(end - last)
    last = end
  }
}

try {
  const run = positionals[0] ?? smallRun()
  const [picture, script] = [join(folder, 'picture.png'), join(folder, 'predict.mjs')]
  writeFileSync(picture, await encodePng(drawImage('nature', 0, 0)))
  const named = { RUN: run, PICTURE: picture }
  writeFileSync(
    script,
    program.replace(/"(RUN|PICTURE)"/g, (_, name) => JSON.stringify(named[name])),
  )
  // The first round fills the system's cache of files and is not counted.
  measure(run, picture, script, { 'dyt predict': [] })
  const samples = { 'dyt predict': [] }
  for (let round = 0; round < Number(values.runs); round++) measure(run, picture, script, samples)
  const rows = Object.entries(samples).map(([stage, times]) => ({
    stage,
    medianMs: quantile(times, 0.5),
    p10Ms: quantile(times, 0.1),
    p90Ms: quantile(times, 0.9),
  }))
  if (values.json)
    console.log(JSON.stringify({ node: process.version, runs: Number(values.runs), stages: rows }))
  else
    for (const { stage, medianMs, p10Ms, p90Ms } of rows)
      console.log(
        `${stage.padEnd(24)}${medianMs.toFixed(0).padStart(7)} ms   ${p10Ms.toFixed(0)} to ${p90Ms.toFixed(0)}`,
      )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
