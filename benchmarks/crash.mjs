// Kills runs, with SIGKILL, at random moments and at their writes; lets them go on, and compares weights bit by
// bit, and all files and lines of metrics, with a run that was never stopped. Prints one JSON document.
//   node benchmarks/crash.mjs [--kills 200] [--seed 1] [--only dyt,compare]
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { random } from '@dynamic-tuning/engine'
import { faultsOf } from './crash/compare-folders.mjs'
import { scenarios, writeMaterial } from './crash/scenarios.mjs'

const text = (name) => ({ type: 'string', default: name })
const { values } = parseArgs({ options: { kills: text('200'), seed: text('1'), only: text('') } })
const [kills, seed] = [Number(values.kills), Number(values.seed)]
const only = values.only === '' ? undefined : values.only.split(',')
const wanted = scenarios.filter(({ name }) => only === undefined || only.includes(name))
const unknown = only?.find((name) => wanted.every((each) => each.name !== name))
if (unknown !== undefined || !(kills > 0)) {
  const names = scenarios.map(({ name }) => name).join(', ')
  console.error(`crash: --only takes ${names}, and --kills a number above 0.`)
  process.exit(2)
}

const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const preload = fileURLToPath(new URL('crash/preload.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crash-'))
const draws = random(seed, 'crash')
const pick = (list) => list[Math.floor(draws.uniform() * list.length)]

/** Runs the command line; `kill` is `{ at, when }`, a write, or `{ after }`, in milliseconds. */
async function run(args, out, kill = {}) {
  const counter = join(folder, 'counter')
  writeFileSync(counter, '')
  const start = performance.now()
  const environment = {
    ...{ CRASH_FOLDER: out, CRASH_COUNTER: counter, CRASH_CLOCK: '5000', NO_COLOR: '1' },
    ...(kill.at && { CRASH_AT: String(kill.at), CRASH_WHEN: kill.when }),
    NODE_OPTIONS: `--require ${preload}`,
  }
  const child = spawn(process.execPath, [main, ...args], {
    ...{ cwd: folder, env: { ...process.env, ...environment } },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  const timer = kill.after && setTimeout(() => child.kill('SIGKILL'), kill.after)
  const [code, signal] = await new Promise((done) => child.once('exit', (...end) => done(end)))
  clearTimeout(timer)
  const writes = statSync(counter).size
  const killed = signal === 'SIGKILL' || (kill.at !== undefined && writes >= kill.at)
  return { code, killed, writes, errors, milliseconds: performance.now() - start }
}

/** Where to kill: at any write, or at any moment after the start of Node. */
function drawKill({ writes, milliseconds }) {
  if (draws.uniform() < 0.3) return { after: Math.max(1, (0.3 + 0.7 * draws.uniform()) * milliseconds) }
  return { at: 1 + Math.floor(draws.uniform() * writes), when: pick(['before', 'half', 'after']) }
}

/** Goes on, killed again now and then, until the run has finished. */
async function finish(scenario, out, whole, trial) {
  for (let tries = 0; tries < 12; tries++) {
    const begun = existsSync(join(out, 'config.json'))
    const kill = tries < 3 && draws.uniform() < 0.5 ? drawKill(whole) : {}
    const ended = await run(begun ? scenario.resumes(out) : scenario.starts(out), out, kill)
    if (ended.killed) trial.kills.push(kill)
    else if (ended.code === 0) return faultsOf(out, whole.out)
    // A process of a killed study may still be writing its checkpoint, and a run of it may have been killed.
    else if (!/in use by process|was ended by SIGKILL/.test(ended.errors)) return [ended.errors.trim()]
    else if (!ended.killed) await sleep(500)
  }
  return ['does not come to its end']
}

const references = new Map()
async function referenceOf(scenario) {
  const known = references.get(scenario)
  if (known) return known
  const out = join(folder, 'whole', scenario.name.replaceAll(' ', '-'))
  mkdirSync(join(folder, 'whole'), { recursive: true })
  const ended = await run(scenario.starts(out), out)
  if (ended.code !== 0) throw new Error(`crash: ${scenario.name} fails by itself: ${ended.errors}`)
  const made = { out, ...ended }
  references.set(scenario, made)
  return made
}

await writeMaterial(folder)
const turns = wanted.flatMap((scenario) => new Array(scenario.weight).fill(scenario))
const result = new Map(
  wanted.map(({ name }) => [name, { inWrites: 0, atMoments: 0, resumed: 0, faults: [] }]),
)
let done = 0
for (let turn = 0; done < kills; turn++) {
  const scenario = turns[turn % turns.length]
  const whole = await referenceOf(scenario)
  const out = join(folder, `trial-${turn}`)
  const trial = { kills: [] }
  const kill = drawKill(whole)
  const first = await run(scenario.starts(out), out, kill)
  if (first.killed) trial.kills.push(kill)
  const faults = first.killed || first.code !== 0 ? await finish(scenario, out, whole, trial) : []
  const row = result.get(scenario.name)
  row.inWrites += trial.kills.filter(({ at }) => at !== undefined).length
  row.atMoments += trial.kills.filter(({ after }) => after !== undefined).length
  if (trial.kills.length > 0) row.resumed += 1
  done += trial.kills.length
  if (faults.length > 0) row.faults.push({ turn, kills: trial.kills, faults })
  else rmSync(out, { recursive: true, force: true })
  const word = faults.length > 0 ? `FAULT in ${out}: ${faults.join('; ')}` : 'as if never stopped'
  console.error(`${done}/${kills} ${scenario.name} ${JSON.stringify(trial.kills)}: ${word}`)
}
const rows = Object.fromEntries(result)
const faults = Object.values(rows).reduce((sum, row) => sum + row.faults.length, 0)
console.log(JSON.stringify({ seed, kills: done, faults, scenarios: rows }, null, 2))
if (faults > 0) process.exitCode = 1
else rmSync(folder, { recursive: true })
