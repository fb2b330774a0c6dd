import { createHash } from 'node:crypto'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'

/** Share of all changes to try, and what the draw depends on; set by scripts/mutate.mjs. */
const share = Number(process.env.MUTATE_SHARE ?? 1)
const seed = process.env.MUTATE_SEED ?? '1'

/** True for a fair share of the changes, the same ones at every run. */
function drawn({ fileName, location, mutatorName, replacement }) {
  const { start, end } = location
  const name = fileName.replace(/^.*?packages\//, '')
  const place = [start.line, start.column, end.line, end.column]
  const text = JSON.stringify([seed, name, ...place, mutatorName, replacement])
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32 < share
}

/** Leaves out what is not drawn: Stryker counts it as an error, outside of the score. */
class Sample {
  async init() {}
  async check(mutants) {
    const left = { status: 'compileError', reason: 'not drawn' }
    return Object.fromEntries(
      mutants.map((mutant) => [mutant.id, drawn(mutant) ? { status: 'passed' } : left]),
    )
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', Sample)]
