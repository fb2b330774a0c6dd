// Loaded into a process before its program. Counts everything that the process and its children do to files
// below CRASH_FOLDER, and kills the one that comes to number CRASH_AT: before it, in the middle of it or after
// it (CRASH_WHEN). CRASH_COUNTER is a file with one byte for each.
// CRASH_CLOCK makes `performance.now()` run so many times as fast, so that tiny runs write checkpoints often.
const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const { sep } = require('node:path')

const { CRASH_FOLDER: folder, CRASH_COUNTER: counter, CRASH_WHEN: when } = process.env
const clock = Number(process.env.CRASH_CLOCK ?? 1)
const at = Number(process.env.CRASH_AT ?? 0)
const plain = { ...fs }
const files = new Map()
let nested = false

const now = performance.now.bind(performance)
performance.now = () => clock * now()

if (folder) patch()

function patch() {
  const count = plain.openSync(counter, 'a')
  const inside = (path) => typeof path === 'string' && (path === folder || path.startsWith(folder + sep))
  const die = () => {
    process.kill(process.pid, 'SIGKILL')
    for (;;);
  }
  /** Does something that changes files, and dies if its turn has come; `half` does a part of it. */
  const counted = (work, half) => {
    plain.writeSync(count, '.')
    const mine = plain.fstatSync(count).size === at
    if (mine && when === 'before') die()
    if (mine && when === 'half') {
      half?.()
      die()
    }
    nested = true
    try {
      return work()
    } finally {
      nested = false
      if (mine) die()
    }
  }
  const byPath = (name) => {
    fs[name] = (...args) => {
      const work = () => plain[name](...args)
      if (nested || !args.slice(0, 2).some(inside)) return work()
      const cut = () => plain[name](args[0], String(args[1]).slice(0, String(args[1]).length / 2))
      return counted(work, /^(append|write)File/.test(name) ? cut : undefined)
    }
  }
  const changing = 'rename appendFile writeFile link copyFile truncate rm mkdir unlink symlink'
  for (const name of changing.split(' ')) byPath(`${name}Sync`)

  fs.openSync = (path, flags = 'r', ...rest) => {
    const open = () => plain.openSync(path, flags, ...rest)
    if (nested || !inside(path) || flags === 'r') return open()
    const file = counted(open)
    files.set(file, path)
    return file
  }
  fs.closeSync = (file) => {
    files.delete(file)
    plain.closeSync(file)
  }
  fs.writeSync = (file, bytes, ...rest) => {
    const write = () => plain.writeSync(file, bytes, ...rest)
    if (nested || !files.has(file)) return write()
    return counted(write, () => plain.writeSync(file, bytes.subarray(0, bytes.length / 2)))
  }
  fs.fsyncSync = (file) => {
    const flush = () => plain.fsyncSync(file)
    return nested || !files.has(file) ? flush() : counted(flush)
  }
  syncBuiltinESMExports()
}
