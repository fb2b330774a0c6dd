import { spawn } from 'node:child_process'
import { join } from 'node:path'

/**
 * Runs the command line at `dyt` in a folder and gives what it printed; with `stop`, ends a training run
 * after its second epoch. Caches are in the folder too.
 */
export function runDyt({ dyt, folder, args, stop = false }) {
  const env = { ...process.env, NO_COLOR: '1', DYT_CACHE: join(folder, 'cache') }
  const child = spawn(process.execPath, [dyt, ...args], { cwd: folder, env })
  let printed = ''
  let said = ''
  let stopped = false
  child.stdout.on('data', (data) => {
    printed += data
  })
  child.stderr.on('data', (data) => {
    said += data
    if (!stop || stopped || !/epoch +2\/\d+ {2}/.test(said)) return
    stopped = true
    child.kill('SIGTERM')
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => {
      if (code === (stop ? 130 : 0)) done(printed)
      else fail(new Error(`dyt ${args.join(' ')} ended with ${code}:\n${said}`))
    })
  })
}
