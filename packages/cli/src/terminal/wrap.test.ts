import { describe, expect, it } from 'vitest'
import { wrapped } from './wrap.ts'

describe('wrapped', () => {
  it('breaks between words and indents what follows', () => {
    expect(wrapped('- one two three', '  ', 9)).toBe('- one two\n  three')
    expect(wrapped('a\nbb cc\n', '', 4)).toBe('a\nbb\ncc\n')
  })

  it('leaves a word that is too long whole', () => {
    expect(wrapped('a abcdefgh b', '', 4)).toBe('a\nabcdefgh\nb')
  })

  it('counts columns, not characters', () => {
    expect(wrapped('日本 日本 a', '', 9)).toBe('日本 日本\na')
  })
})
