import type { Option } from 'commander'
import { answerSettings } from 'dynamic-tuning/settings'
import { optionOf } from './setting-option.ts'

/** Flags of settings that change the answers of a trained run, fresh. */
export function answerFlags(): Option[] {
  return Object.entries(answerSettings).map(([name, setting]) =>
    optionOf(name, setting, { usual: "the run's own", group: undefined }),
  )
}
