import { describe, expect, it } from 'vitest'
import { imageSize, integer, number, numbers } from './numbers.ts'

describe('numbers on the command line', () => {
  it('are read', () => {
    expect(integer(0)('0')).toBe(0)
    expect(number(0)('1e-3')).toBe(0.001)
    expect(numbers(0, 16)('0.75,1,1.25')).toEqual([0.75, 1, 1.25])
    expect(() => numbers(0, 16)('1,17')).toThrow('Give a number from 0 to 16.')
    expect(() => numbers(0, 16)('1,')).toThrow('Give a number from 0 to 16.')
    expect(imageSize('224')).toEqual([224, 224])
    expect(imageSize('192x256')).toEqual([192, 256])
  })

  it.each(['', '-1', '1.5', 'x', '1e3', '99999999999999999999'])('refuses %j as a count', (text) => {
    expect(() => integer(0)(text)).toThrow('Give a whole number of at least 0.')
  })

  it.each(['', ' ', '-0.1', '1.1', 'NaN', 'Infinity'])('refuses %j as a share', (text) => {
    expect(() => number(0, 1)(text)).toThrow('Give a number from 0 to 1.')
  })

  it.each(['0', '12x', 'x12', '1x2x3', '-3'])('refuses %j as an image size', (text) => {
    expect(() => imageSize(text)).toThrow('Give a number of pixels')
  })
})
