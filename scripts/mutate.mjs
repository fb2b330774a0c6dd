import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'

/**
 * Changes the code of one room in many small ways, one at a time, and counts how many of the changes its nearest
 * tests notice:
 *
 *     npm run mutate -- training/optimizers [--only adamw.ts,muon.ts] [--without TEST] [--share 0.1 --seed 1]
 *
 * The room is a folder of packages/dynamic-tuning/src, `--only` takes some of its files, `--without` leaves out a
 * file of its tests, `--share` tries a random share of all changes (the others stand in the column of errors,
 * outside of the score). Results go to runs/mutation/: a run that was stopped goes on there, and what changed since is tried again. Texts and regular
 * expressions stay as they are: most are messages. docs/testing.md has the scores.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    without: { type: 'string' },
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
})
const [room] = positionals
const source = 'packages/dynamic-tuning/src'
if (!room) {
  console.error('mutate: name a room, such as training/optimizers.')
  process.exit(2)
}

/** Tests elsewhere that compute with a room, beside its own. */
const others = {
  training: ['verification/twin.test.ts', 'verification/variant-twin.test.ts'],
  tuners: ['verification/methods.test.ts', 'verification/variant-twin.test.ts'],
}[room]
/** Tests that need a browser or a GPU, or take long. */
const slow = /\.slow\.test\.ts$|(webgpu|resident)\.test\.ts$/
const files = readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
const near = files
  .filter((name) => name.endsWith('.test.ts') && !slow.test(name) && name !== values.without)
  .map((name) => join(room, name))
const only = values.only.split(',')
const mutated = files
  .filter((name) => name.endsWith('.ts') && !/\.test\.(support\.)?ts$/.test(name))
  .filter((name) => only.some((each) => name.endsWith(each)))

const results = join('runs', 'mutation')
mkdirSync(results, { recursive: true })
const name = [
  room.replaceAll('/', '-'),
  ...only.filter(Boolean),
  ...(values.share === '1' ? [] : [values.share]),
]
process.env.MUTATE_TESTS = [...near, ...(others ?? [])].map((test) => join(source, test)).join(',')
process.env.MUTATE_SHARE = values.share
process.env.MUTATE_SEED = values.seed
const temp = join(tmpdir(), `mutate-${process.pid}`)
const stryker = new Stryker({
  packageManager: 'npm',
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', fileURLToPath(new URL('mutate-sample.mjs', import.meta.url))],
  checkers: ['sample'],
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: 2, // one for the draw, one for the tests
  mutate: mutated.map((file) => join(source, room, file)),
  mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
  ignorePatterns: ['/packages/cli', '/docs', '/benchmarks', '/configs', '/runs'],
  disableTypeChecks: true,
  // Loops that never end are found by counting, so the time limit may be generous on a busy machine.
  timeoutMS: 300_000,
  dryRunTimeoutMinutes: 60,
  incremental: true,
  incrementalFile: join(results, `${name.join('-')}.json`),
  tempDirName: temp,
  cleanTempDir: 'always',
  reporters: ['clear-text'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
})
try {
  await stryker.runMutationTest()
} finally {
  rmSync(temp, { recursive: true, force: true })
}
