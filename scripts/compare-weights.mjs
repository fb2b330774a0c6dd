import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from './compare-weights/cases.mjs'
import { runDyt } from './compare-weights/run-dyt.mjs'
import { writeTinySwin, writeTinyVit } from './compare-weights/tiny-models.mjs'

/**
 * Trains tiny models with the command line of a checkout and prints a hash of the weights and of the losses
 * of each, to show that a refactoring changes neither:
 *
 *     node scripts/compare-weights.mjs --dyt BEFORE/packages/cli/bin/dyt.js --out before.json
 *     node scripts/compare-weights.mjs --dyt packages/cli/bin/dyt.js --expect before.json
 *
 * The second exits with 1 and names the cases that differ. --only NAME runs one case. Hashes hold for one
 * machine: another processor may round otherwise. Each checkout is to be built.
 */
const { values: flags } = parseArgs({
  options: {
    dyt: { type: 'string', default: 'packages/cli/bin/dyt.js' },
    out: { type: 'string' },
    expect: { type: 'string' },
    only: { type: 'string' },
  },
})
const dyt = resolve(flags.dyt)
const folder = mkdtempSync(join(tmpdir(), 'compare-weights-'))
const run = (args, stop) => runDyt({ dyt, folder, args, stop })

/** Hash of a file's tensors by name: of type, shape and bytes, whatever their order in the file. */
function hashTensors(path) {
  const file = readFileSync(path)
  const start = 8 + Number(file.readBigUInt64LE(0))
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, start).toString())
  const hash = createHash('sha256')
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data_offsets: place } = tensors[name]
    hash.update(JSON.stringify([name, dtype, shape]))
    hash.update(file.subarray(start + place[0], start + place[1]))
  }
  return hash.digest('hex')
}

const measured = ['step', 'epoch', 'lr', 'loss', 'trainLoss', 'validationLoss', 'accuracy', 'activeRate']

/** Hash of losses, accuracies and active rates of every line of a run's metrics. */
function hashLosses(path) {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  const kept = lines.map((line) => measured.map((key) => JSON.parse(line)[key] ?? null))
  return createHash('sha256').update(JSON.stringify(kept)).digest('hex')
}

async function hashesOf(name, { command = 'finetune', args, stop }) {
  const out = name.replaceAll(/\W+/g, '-')
  const workers = command === 'finetune' ? ['--workers', '1'] : []
  await run([command, ...args, ...workers, '--seed', '5', '--threads', '1', '--out', out], stop)
  if (stop) await run([command, '--resume', '--out', out])
  const weights = ['adapter', 'backbone'].map((kind) => join(folder, out, `${kind}.safetensors`))
  return {
    weights: hashTensors(weights.find((path) => existsSync(path))),
    losses: hashLosses(join(folder, out, 'metrics.jsonl')),
  }
}

/** Names of the cases whose hashes are not those expected, with what differs. */
function differences(expected, found) {
  return Object.entries(found).flatMap(([name, hashes]) => {
    const kinds = Object.keys(hashes).filter((kind) => hashes[kind] !== expected[name]?.[kind])
    return kinds.length > 0 ? [`${name}: ${kinds.join(' and ')}`] : []
  })
}

try {
  writeTinyVit(join(folder, 'vit.safetensors'))
  writeTinySwin(join(folder, 'swin.safetensors'))
  const found = {}
  for (const [name, settings] of Object.entries(cases)) {
    if (flags.only !== undefined && flags.only !== name) continue
    found[name] = await hashesOf(name, settings)
    console.error(name)
  }
  const text = JSON.stringify(found, undefined, 2)
  console.log(text)
  if (flags.out !== undefined) writeFileSync(flags.out, `${text}\n`)
  if (flags.expect !== undefined) {
    const differing = differences(JSON.parse(readFileSync(flags.expect, 'utf8')), found)
    for (const line of differing) console.error(`differs: ${line}`)
    process.exitCode = differing.length > 0 ? 1 : 0
  }
} finally {
  rmSync(folder, { recursive: true })
}
