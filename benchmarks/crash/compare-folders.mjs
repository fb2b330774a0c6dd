// Whether the folder of a killed and resumed run is that of one that was never stopped.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Fields that differ from run to run. */
const timed = new Set(
  'seconds waitSeconds loaderWaitShare imagesPerSecond memoryMB peakMemoryMB run'.split(' '),
)

/** What is wrong with `found`, in words; empty if nothing is. */
export function faultsOf(found, whole) {
  const [names, wanted] = [filesIn(found), filesIn(whole)]
  const faults = [
    ...wanted.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
    ...names.filter((name) => !wanted.includes(name)).map((name) => `${name} is too many`),
  ]
  for (const name of names.filter((each) => wanted.includes(each))) {
    const fault = compareFile(name, join(found, name), join(whole, name))
    if (fault !== undefined) faults.push(`${name} ${fault}`)
  }
  return faults
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}

function compareFile(name, path, other) {
  if (/(adapter|backbone)\.safetensors$/.test(name))
    return readFileSync(path).equals(readFileSync(other)) ? undefined : 'has other bits'
  if (name.endsWith('.html'))
    return /<\/html>\s*$/.test(readFileSync(path, 'utf8')) ? undefined : 'is not complete'
  if (name.endsWith('.json') && !isJson(path)) return 'is no JSON'
  if (!name.endsWith('metrics.jsonl')) return undefined
  const [lines, wanted] = [path, other].map(steadyLines)
  if (lines.join('\n') === wanted.join('\n')) return undefined
  const at = lines.findIndex((line, i) => line !== wanted[i])
  return `has ${lines.length} lines, expected ${wanted.length}; line ${at + 1} is ${lines[at]}`
}

function isJson(path) {
  try {
    JSON.parse(readFileSync(path, 'utf8'))
    return true
  } catch {
    return false
  }
}

/**
 * Lines without times, the fields in order. Lines of speeds are times alone: a study that ended with a failed
 * run has measured the others, and measures anew when all are there. No two may be of the same runs.
 */
function steadyLines(path) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const speeds = new Set()
  return lines.flatMap((line) => {
    const fields = JSON.parse(line)
    if (fields.kind === 'speed' && !speeds.has(fields.key)) {
      speeds.add(fields.key)
      return []
    }
    const steady = Object.entries(fields).filter(([key]) => !timed.has(key))
    return [JSON.stringify(steady.sort())]
  })
}
