import { defineConfig } from 'vitest/config'
import { ClosingCount } from './scripts/closing-count.ts'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', new ClosingCount()],
  },
})
