import { random } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boxHeadWeights,
  clipBoxes,
  decodeBoxes,
  encodeBoxes,
  largestGrowth,
  proposalWeights,
} from '../../models/heads/detection/box-codec.ts'
import { boxOverlap, boxOverlapsOf } from './box-overlap.ts'
import { headRule, matchBoxes, proposalRule } from './match-boxes.ts'
import { proposalsOf } from './rpn/proposals.ts'
import { sampleBoxes } from './sample-boxes.ts'
import { byFallingScore, suppress } from './suppress.ts'

const seed = { seed: 7 }
const whole = fc.integer({ min: 0, max: 20 })
const boxes = (most = 12) =>
  fc
    .array(fc.tuple(whole, whole, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: most,
    })
    .map((list) => Float64Array.from(list.flatMap(([x, y, w, h]) => [x, y, x + w, y + h])))

describe('boxes', () => {
  it('are decoded to what they were encoded from', () => {
    fc.assert(
      fc.property(boxes(1), boxes(1), fc.constantFrom(proposalWeights, boxHeadWeights), (a, b, weights) => {
        const found = decodeBoxes(a, encodeBoxes(a, b, weights), weights)
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(b[i] ?? Number.NaN, 9)
      }),
      seed,
    )
  })

  it('grow by 1000 / 16 at most, and shrink as they like', () => {
    const unit = Float64Array.of(0, 0, 1, 1)
    const [left, top, right, bottom] = decodeBoxes(unit, Float64Array.of(0, 0, 9, -9), proposalWeights)
    expect((right ?? 0) - (left ?? 0)).toBeCloseTo(Math.exp(largestGrowth), 9)
    expect((bottom ?? 0) - (top ?? 0)).toBeCloseTo(Math.exp(-9), 12)
    expect([...clipBoxes(Float64Array.of(-1, -2, 9, 9), 5, 7)]).toEqual([0, 0, 7, 5])
  })

  it('overlap as their pixels do', () => {
    fc.assert(
      fc.property(boxes(1), boxes(1), (a, b) => {
        const pixels = ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: Float64Array): Set<number> => {
          const inside = new Set<number>()
          for (let x = x0; x < x1; x++) for (let y = y0; y < y1; y++) inside.add(100 * y + x)
          return inside
        }
        const [inA, inB] = [pixels(a), pixels(b)]
        const shared = [...inA].filter((pixel) => inB.has(pixel)).length
        expect(boxOverlap(a, 0, b, 0)).toBeCloseTo(shared / (inA.size + inB.size - shared), 12)
      }),
      seed,
    )
  })
})

describe('matching', () => {
  const overlaps = Float64Array.of(...[0.7, 0.69, 0.3, 0.29, 0], ...[0.1, 0.2, 0.1, 0.2, 0.2])

  it('takes objects from the upper threshold on, and the best of each truth, ties included', () => {
    const { labels, truths, best } = matchBoxes(overlaps, 5, proposalRule)
    expect([...labels]).toEqual([1, 1, -1, 1, 1])
    expect([...truths]).toEqual([0, 0, -1, 0, 1])
    expect([...best]).toEqual([0.7, 0.69, 0.3, 0.29, 0.2])
  })

  it('of heads promotes nothing', () => {
    expect([...matchBoxes(overlaps, 5, headRule).labels]).toEqual([1, 1, 0, 0, 0])
  })

  it('calls everything background where there is no object', () => {
    const { labels, truths } = matchBoxes(new Float64Array(), 3, proposalRule)
    expect([...labels, ...truths]).toEqual([0, 0, 0, -1, -1, -1])
  })
})

describe('sampling', () => {
  it('draws objects up to their share and fills up with background', () => {
    const arbitrary = fc.array(fc.constantFrom(-1, 0, 1), { maxLength: 40 })
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 20 }), (given, count) => {
        const labels = Int8Array.from(given)
        const draw = (key: number) => sampleBoxes(labels, { count, positives: 0.5 }, random(1, key))
        const { positive, negative } = draw(0)
        const all = (label: number) => given.filter((each) => each === label).length
        expect(positive).toHaveLength(Math.min(all(1), Math.floor(count / 2)))
        expect(negative).toHaveLength(Math.min(all(0), count - positive.length))
        expect(new Set([...positive, ...negative]).size).toBe(positive.length + negative.length)
        for (const i of positive) expect(labels[i]).toBe(1)
        for (const i of negative) expect(labels[i]).toBe(0)
        expect(draw(0)).toEqual({ positive, negative })
      }),
      seed,
    )
    const many = new Int8Array(40)
    const rule = { count: 4, positives: 0.5 }
    expect(sampleBoxes(many, rule, random(1))).not.toEqual(sampleBoxes(many, rule, random(2)))
  })
})

describe('suppression', () => {
  it('keeps boxes that overlap none better that stayed, and leaves out all others', () => {
    fc.assert(
      fc.property(boxes(), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (given, threshold) => {
        const order = byFallingScore(Array.from({ length: given.length / 4 }, (_, i) => (7 * i) % 5))
        const kept = suppress(given, order, threshold)
        const overlaps = boxOverlapsOf(given, given)
        const near = (a: number, b: number) => (overlaps[a * order.length + b] ?? 0) > threshold
        for (const box of order) {
          const better = order.slice(0, order.indexOf(box)).filter((each) => kept.includes(each))
          expect(kept.includes(box)).toBe(!better.some((each) => near(each, box)))
        }
      }),
      seed,
    )
  })

  it('of proposals stays within a level, and empty boxes are left out', () => {
    const anchors = Float32Array.of(...[0, 0, 8, 8], ...[0, 0, 8, 9], ...[20, 20, 24, 24])
    const level = (first: number) => ({
      anchors,
      logits: Float32Array.of(first, 2, 3),
      deltas: new Float32Array(12),
    })
    const rule = { perLevel: 3, count: 3, overlap: 0.7 }
    const { anchors: chosen, logits, boxes: found } = proposalsOf([level(1), level(4)], [10, 10], rule)
    expect(chosen).toEqual([3, 1])
    expect([...logits]).toEqual([4, 2])
    expect([...found]).toEqual([0, 0, 8, 8, 0, 0, 8, 9])
    expect(proposalsOf([level(1)], [30, 30], { ...rule, perLevel: 1 }).anchors).toEqual([2])
  })
})
