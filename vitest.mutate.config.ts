import { defineConfig } from 'vitest/config'

/** The tests that scripts/mutate.mjs names: those nearest to the mutated files. */
export default defineConfig({
  test: { include: (process.env.MUTATE_TESTS ?? '').split(','), testTimeout: 600_000, hookTimeout: 600_000 },
})
