import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TuningError } from '../../packages/dynamic-tuning/dist/errors.js'
import { EngineError } from '../../packages/engine/dist/index.js'
import { filesOf, writeInput } from './inputs.mjs'
import { loadReaders } from './readers/registry.mjs'

/**
 * A process that reads inputs: takes `{ name, index }`, answers `{ fault, typed, megabytes }`. `fault` tells what
 * is wrong with how the reader ended: an error of no type of ours, or a message that is unsafe to print.
 */
const [seed = '1'] = process.argv.slice(2)
const home = mkdtempSync(join(tmpdir(), 'fuzz-'))
process.env.DYT_CACHE = join(home, 'cache')
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
process.on('disconnect', () => process.exit())
process.on('unhandledRejection', (error) => process.send({ fault: `unhandled ${describe(error)}` }))

const readers = await loadReaders(home)
/** Control characters, in a pattern that names none. */
const unsafe = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

function describe(error) {
  if (!(error instanceof Error)) return `thrown ${typeof error}`
  const [, place = ''] = /\n\s+at ([^\n]+)/.exec(error.stack ?? '') ?? []
  return `${error.name}: ${error.message.slice(0, 300)} (${place})`
}

function faultOf(error) {
  if (!(error instanceof TuningError || error instanceof EngineError)) return `untyped ${describe(error)}`
  if (unsafe.test(error.message)) return `unsafe message ${JSON.stringify(error.message.slice(0, 200))}`
  return error.message.length > 2000 ? `message of ${error.message.length} characters` : undefined
}

async function attempt(reader, index) {
  const folder = join(home, 'input')
  mkdirSync(folder, { recursive: true })
  if (reader.template) cpSync(reader.template, folder, { recursive: true })
  writeInput(folder, filesOf(seed, reader, index))
  try {
    await reader.read(folder)
    return { typed: false }
  } catch (error) {
    return { typed: true, fault: faultOf(error) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.on('message', async ({ name, index }) => {
  const reader = readers.find((each) => each.name === name)
  const ended = await attempt(reader, index)
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
  process.send({ ...ended, megabytes })
})
process.send({ ready: readers.map(({ name, share = 1 }) => ({ name, share })) })
