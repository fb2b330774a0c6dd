import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../../../scripts/fuzz/fuzz.mjs', import.meta.url))

describe('npm run fuzz', () => {
  it('finds no fault in its first 300 inputs', () => {
    const said = execFileSync(process.execPath, [script, '--inputs', '300', '--workers', '2'], {
      encoding: 'utf8',
    })
    expect(said).toMatch(/\n300 inputs, 0 faults, at most \d+ MB\n/)
  })
})
