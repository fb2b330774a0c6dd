import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { parseJson } from './parse-json.ts'
import { parseHeader } from './safetensors-header.ts'

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(fc.property(fc.json(), (text) => void expect(parseJson(text)).toEqual(JSON.parse(text))))
    expect(parseJson('"[[[\\"[["')).toBe('[[["[[')
  })

  it('refuses what is nested more than 100 levels deep', () => {
    expect(parseJson(nested(100))).toEqual(JSON.parse(nested(100)))
    expect(() => parseJson(nested(101))).toThrow(/deeper than 100 levels at character 100/)
    expect(() => parseJson(`{"a":`.repeat(200_000))).toThrow(SyntaxError)
    expect(parseJson(`[${'[],'.repeat(1000)}"${'['.repeat(1000)}"]`)).toHaveLength(1001)
  })

  // Its shape was written into the message, which ran out of stack.
  it('makes a deep shape of a tensor a typed error', () => {
    const text = `{"a":{"dtype":"F32","shape":${nested(200_000)},"data_offsets":[0,0]}}`
    const header = Buffer.from(text)
    expect(() => parseHeader('x', header, header.length + 8)).toThrow(CheckpointError)
  })
})
