import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { filesOf, readerOf, writeInput } from './inputs.mjs'
import { loadReaders } from './readers/registry.mjs'

/**
 * Gives damaged files to every reader, and expects an answer or an error of our own: `npm run fuzz`. An input
 * fails if it ends in an untyped error or an unsafe message, takes over 5 seconds or over 1 GB.
 *
 *     npm run fuzz -- --inputs 100000 --seed 1 --only torch
 *     npm run fuzz -- --only torch --seed 1 --input 4711 --keep folder    # writes one input
 */
const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    first: { type: 'string', default: '0' },
    workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    input: { type: 'string' },
    keep: { type: 'string' },
  },
})
const { seed, only } = values
const seconds = 5
const megabytes = 1024
/** A worker is replaced after this many inputs. */
const inputsOfWorker = 3000

const script = fileURLToPath(new URL('worker.mjs', import.meta.url))
const counts = new Map()
const faults = []
let next = values.input === undefined ? Number(values.first) : Number(values.input)
const end = values.input === undefined ? next + Number(values.inputs) : next + 1
let done = 0
let most = 0

if (values.keep !== undefined) {
  const home = mkdtempSync(join(tmpdir(), 'fuzz-'))
  const reader = chosen(await loadReaders(home), next)
  mkdirSync(values.keep, { recursive: true })
  writeInput(values.keep, filesOf(seed, reader, next))
  console.log(`wrote input ${next} of ${reader.name} to ${values.keep}`)
  process.exit()
}

function chosen(readers, index) {
  const wanted = only.length === 0 ? readers : readers.filter(({ name }) => only.includes(name))
  if (wanted.length === 0)
    throw new Error(`fuzz: choose --only of ${readers.map(({ name }) => name).join(', ')}`)
  return readerOf(wanted, index)
}

/** Seconds of processor time that a process has used, with programs that it ran; unknown but on Linux. */
function processorSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  } catch {
    return undefined
  }
}

/** A worker process, and its next answer. */
async function startWorker() {
  const child = fork(script, [seed], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const worker = { child, used: 0, busiest: 0 }
  const { ready } = await answerOf(worker, 60)
  return { ...worker, ready }
}

/**
 * The answer of a worker; its fault if it ends or takes over `limit` seconds of processor time. On a busy machine
 * that is far more than the limit of time: then it may take ten times as long.
 */
function answerOf({ child }, limit) {
  const [began, before] = [performance.now(), processorSeconds(child.pid)]
  return new Promise((resolve) => {
    const check = () => {
      const passed = (performance.now() - began) / 1000
      const used = (processorSeconds(child.pid) ?? Number.POSITIVE_INFINITY) - (before ?? 0)
      if (used > limit || passed > 10 * limit)
        ended({ fault: `no answer after ${passed.toFixed(1)} s, ${used.toFixed(1)} s of work`, gone: true })
    }
    const timer = setInterval(check, 1000 * limit)
    const gone = (code, signal) => ended({ fault: `the process ended with ${code ?? signal}`, gone: true })
    function ended(message) {
      clearInterval(timer)
      child.off('message', ended)
      child.off('exit', gone)
      resolve(message)
    }
    child.on('message', ended)
    child.on('exit', gone)
  })
}

/** Reads one input. */
function readOne(worker, name, index) {
  worker.used++
  worker.child.send({ name, index })
  return answerOf(worker, seconds)
}

function note(name, index, { fault, typed, megabytes: used = 0 }, before) {
  const count = counts.get(name) ?? { inputs: 0, refused: 0, faults: 0 }
  counts.set(name, count)
  count.inputs++
  if (typed) count.refused++
  most = Math.max(most, used)
  const what = fault ?? (used > megabytes && used > before ? `took ${used} MB` : undefined)
  if (what === undefined) return
  count.faults++
  faults.push(`${name} ${index}: ${what}`)
  console.log(`${name} ${index}: ${what}\n  npm run fuzz -- --only ${name} --seed ${seed} --input ${index}`)
}

async function lane() {
  let worker = await startWorker()
  while (next < end) {
    const index = next++
    const { name } = chosen(worker.ready, index)
    const answer = await readOne(worker, name, index)
    note(name, index, answer, worker.busiest)
    worker.busiest = Math.max(worker.busiest, answer.megabytes ?? 0)
    if (answer.gone || worker.used >= inputsOfWorker || worker.busiest > megabytes) {
      worker.child.kill('SIGKILL')
      worker = await startWorker()
    }
    if (++done % 1000 === 0) console.log(`${done} inputs, ${faults.length} faults`)
  }
  worker.child.kill()
}

await Promise.all(Array.from({ length: Math.min(Number(values.workers), end - next) }, lane))
console.table(Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))))
console.log(`${done} inputs, ${faults.length} faults, at most ${most} MB`)
process.exitCode = faults.length > 0 ? 1 : 0
