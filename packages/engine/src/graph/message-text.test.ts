import { describe, expect, it } from 'vitest'
import { EngineError } from './errors.ts'
import { messageText } from './message-text.ts'

describe('messageText', () => {
  it('leaves text of any language alone', () => {
    const text = 'tar: bilder/Äpfel 🍎👨‍👩‍👧 and 日本 hold "x", got \\. Rename it.'
    expect(messageText(text)).toBe(text)
  })

  it.each([
    ['\u001b[2J\u0007', '\\x1b[2J\\x07'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u009b31m\u007f\0', '\\x9b31m\\x7f\\x00'],
    ['gnp.\u202ecod\u2069\u200f\u2028', 'gnp.\\u202ecod\\u2069\\u200f\\u2028'],
    ['\ud83d', '\\ud83d'],
  ])('escapes %j', (text, safe) => {
    expect(messageText(text)).toBe(safe)
  })

  it('leaves out the middle of a long text, so that its start and advice stay', () => {
    const text = messageText(`tar: ${'x'.repeat(5_000_000)} is too long. Rename it.`)
    expect(text).toMatch(/^tar: x+ … \(5000029 characters\) … x+ is too long\. Rename it\.$/)
    expect(text.length).toBe(2000)
    expect(messageText('\u001b'.repeat(1999)).length).toBe(2000)
  })

  it('makes the messages of errors', () => {
    const error = new EngineError('onnx: a\u001b[31m')
    expect(error.message).toBe('onnx: a\\x1b[31m')
    expect(error.stack).not.toContain('\u001b')
  })
})
