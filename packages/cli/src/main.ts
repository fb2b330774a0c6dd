#!/usr/bin/env node
import { commands } from './commands/registry.ts'
import { runCommandLine } from './program.ts'

// A terminal that is closed takes no more notes, but the run must still write its checkpoint.
process.stderr.on('error', () => {})
// `dyt flops | head` closes the pipe early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(process.exitCode ?? 0)
  throw error
})

process.exitCode = await runCommandLine(commands, process.argv.slice(2))
