import { describe, expect, it } from 'vitest'
import { cutToWidth, displayWidth, printable, shown } from './width.ts'

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['naïve', 5],
    ['e\u0301', 1],
    ['猫', 2],
    ['ｆ', 2],
    ['🐕', 2],
    ['👨‍👩‍👧', 2],
    ['❤️', 2],
    ['±—…━', 4],
    ['\u200b', 0],
  ])('%s takes %i', (text, width) => expect(displayWidth(text)).toBe(width))
})

describe('cutToWidth', () => {
  it('never cuts a letter in two nor exceeds the width', () => {
    expect(cutToWidth('abcdef', 6)).toBe('abcdef')
    expect(cutToWidth('abcdef', 4)).toBe('abc…')
    expect(cutToWidth('猫猫猫', 4)).toBe('猫…')
    expect(cutToWidth('abc', 0)).toBe('')
  })
})

describe('printable', () => {
  it('replaces what could steer the terminal', () => {
    expect(printable('a\u001b[31mb\u0007\u009b')).toBe('a\ufffd[31mb\ufffd\ufffd')
    expect(printable('two\r\n\tlines')).toBe('two lines')
  })
})

describe('shown', () => {
  it('keeps line breaks, tabs and styles, and replaces every other control character', () => {
    expect(shown('a\n\tb \u001b[36mc\u001b[39m')).toBe('a\n\tb \u001b[36mc\u001b[39m')
    expect(shown('\u001b[2J\u001b]0;x\u0007\r\u009b')).toBe('\ufffd[2J\ufffd]0;x\ufffd\ufffd\ufffd')
  })
})
