// Compares ratios of times with those in expected.json: `npm run bench:check`, and `-- --update` to write
// them anew.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  benchInference,
  benchTraining,
  checkExpected,
  compareRatios,
  defaultBench,
  hasRegression,
  ratiosOf,
} from 'dynamic-tuning/bench'
import { writeAside } from 'dynamic-tuning/io'

const path = fileURLToPath(new URL('expected.json', import.meta.url))
const { values } = parseArgs({
  options: { update: { type: 'boolean', default: false }, threads: { type: 'string', default: '2' } },
})
if (!values.update && !existsSync(path)) {
  console.error(`There is no ${path} yet. Write it on a quiet machine: npm run bench:check -- --update`)
  process.exit(1)
}
const common = {
  ...defaultBench,
  threads: Number(values.threads),
  batches: [8],
  model: 'vit_small_patch16_224',
}
const inference = {
  ...common,
  rounds: 7,
  methods: [
    'adaptformer',
    'dyt',
    'dyt:dispatch=attention',
    'dyt:dispatch=layer:active=0.7',
    'dyt:reduction=tome:tomeR=8',
  ],
}
const training = { ...common, rounds: 5, warmup: 1, methods: ['linear', 'lora', 'dyt'] }
const onProgress = (text) => console.error(text)
const measured = ratiosOf([
  await benchInference(inference, { onProgress }),
  await benchTraining(training, { onProgress }),
])

if (values.update) {
  const rounded = (value) => (value === null ? null : Number(value.toFixed(3)))
  const ratios = measured.map((each) => ({
    ...each,
    ratioToStatic: rounded(each.ratioToStatic),
    flopsRatioToStatic: rounded(each.flopsRatioToStatic),
  }))
  const content = { tolerance: 0.15, flopsTolerance: 0.02, ratios }
  writeAside(path, `${JSON.stringify(content, null, 2)}\n`)
  console.log(`Wrote ${ratios.length} ratios to ${path}.`)
} else {
  const expected = checkExpected(path, JSON.parse(readFileSync(path, 'utf8')))
  const checked = compareRatios(expected, measured)
  const cell = (value) => (value === undefined ? '–' : value.toFixed(3)).padStart(9)
  const width = Math.max(...checked.map(({ name }) => name.length))
  console.log(
    `${'case'.padEnd(width)}  ${['expected', 'measured', 'worse by'].map((name) => name.padStart(9)).join('')}`,
  )
  for (const { name, expected: before, measured: now, worse, verdict } of checked) {
    const share = (worse === undefined ? '–' : `${(100 * worse).toFixed(1)} %`).padStart(9)
    console.log(`${name.padEnd(width)}  ${cell(before)}${cell(now)}${share}  ${verdict}`)
  }
  console.log(
    `\nTimes may be ${100 * expected.tolerance} % worse, FLOPs ${100 * expected.flopsTolerance} % other. Ratios of inference: times as fast as static; of training: forward passes a step lasts.`,
  )
  if (hasRegression(checked)) {
    console.error('A ratio became worse. If that is wanted, write them anew: npm run bench:check -- --update')
    process.exitCode = 1
  }
}
