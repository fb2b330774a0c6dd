/** The demo: the built-in backbone tuned on a drawn task by four methods. */

export { type DemoControl, type DemoInput, type DemoOutcome, demo } from './demo/demo.ts'
export type { DemoResult } from './demo/report.ts'
export {
  type DemoMethod,
  type DemoSettings,
  type DemoTask,
  demoMethods,
  demos,
  demoTasks,
  demoTitles,
} from './demo/settings.ts'
