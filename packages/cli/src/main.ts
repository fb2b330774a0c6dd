#!/usr/bin/env node
import { commands } from './commands/registry.ts'
import { runCommandLine } from './program.ts'

// `dyt flops | head` closes the pipe early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runCommandLine(commands, process.argv.slice(2))
