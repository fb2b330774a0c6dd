import { describe, expect, it } from 'vitest'
import { fitted, wrapped } from './wrap.ts'

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

describe('fitted', () => {
  it('breaks lines at the edge of a terminal, and none in a file', () => {
    expect(fitted('one two three\nfour', 8)).toBe('one two\n  three\nfour')
    expect(fitted('one two three', undefined)).toBe('one two three')
  })

  it('leaves commands to copy whole, and counts no styles', () => {
    expect(fitted('  dyt eval runs/a', 8)).toBe('  dyt eval runs/a')
    expect(fitted('\u001b[1mone\u001b[22m two\u001b[2m a\u001b[22m b', 9)).toBe(
      '\u001b[1mone\u001b[22m two\u001b[2m a\u001b[22m\n  b',
    )
  })
})
