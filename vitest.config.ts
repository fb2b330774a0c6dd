import { configDefaults, defineConfig } from 'vitest/config'
import { ClosingCount } from './scripts/closing-count.ts'

const rooms = 'cost,data,evaluation,io,models,nn,reduction,report,tasks'
/** Quick tests that share two processes: with one each, loading the code would take as long as the tests. */
const together = [
  'packages/engine/src/{autodiff,graph,onnx,ops,precision,random,rewrite,testing}/**/!(*.slow).test.ts',
  `packages/dynamic-tuning/src/{${rooms}}/**/!(*.slow).test.ts`,
  'packages/cli/src/{.,commands,options,terminal}/!(*.slow).test.ts',
]
const all = 'packages/*/src/**/*.test.ts'
/** Tests that `npm run test:fast` leaves out. */
const slow = 'packages/*/src/**/*.slow.test.ts'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', new ClosingCount()],
    projects: [
      { extends: true, test: { name: 'together', include: together, isolate: false } },
      {
        extends: true,
        test: { name: 'alone', include: [all], exclude: [...configDefaults.exclude, ...together, slow] },
      },
      { extends: true, test: { name: 'slow', include: [slow] } },
    ],
  },
})
