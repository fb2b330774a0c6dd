import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { FormatError } from '../graph/errors.ts'
import { openModel, openModelFile } from '../runtime/node.ts'
import { drawn, expectAllclose, tensor } from '../testing/index.ts'
import { readModelFile, writeModel } from './file.ts'
import { smallDisk } from './full-disk.test.support.ts'
import { lower } from './lower.ts'
import { everyKind, everyKindOutput, joined, values } from './model.test.support.ts'
import { decodeModel } from './reader.ts'
import { encodeModel } from './writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'onnx-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a model file', () => {
  const model = everyKind()

  it('reads back as it was written, inline', () => {
    expect(decodeModel(joined(encodeModel(model).model))).toEqual(model)
  })

  it('reads back as it was written, with external weights', () => {
    const { model: pieces, external } = encodeModel(model, 'weights.bin')
    const weights = joined(external)
    expect(weights.length).toBeGreaterThan(4096)
    expect(joined(pieces).length).toBeLessThan(4096)
    const read = decodeModel(joined(pieces), (location) => {
      expect(location).toBe('weights.bin')
      return weights
    })
    expect(read).toEqual(model)
    expect(() => decodeModel(joined(pieces))).toThrow(/lies in weights\.bin. Give the external files/)
    expect(() => decodeModel(joined(pieces), () => weights.subarray(1))).toThrow(/lies outside weights\.bin/)
  })

  it.each([false, true])(
    'goes through the file system (external: %s) and computes the same',
    async (external) => {
      const path = join(folder, `model-${external}.onnx`)
      expect(writeModel(path, model, { external })).toEqual(external ? [`${path}_data`, path] : [path])
      const read = readModelFile(path)
      expect(read).toEqual(model)
      const program = await openModel(read)
      const file = await openModelFile(path)
      const feeds = { x: tensor([2, 3], [1, 2, 3, 4, 5, 6], 'float32') }
      const [a, b] = [await program.run(feeds), await file.run(feeds)]
      await Promise.all([program.release(), file.release()])
      const wanted = values([1, 2, 3, 4, 5, 6])
      expectAllclose(a.y as TensorData, wanted, { rtol: 1e-5 })
      expectAllclose(b.y as TensorData, wanted, { rtol: 1e-5 })
    },
  )

  it('of random weights of every type reads back', () => {
    const dtypes = fc.constantFrom('float32', 'float64', 'float16', 'int32', 'int64', 'int8', 'uint8', 'bool')
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 })
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.tuple(dtypes, shapes)), fc.string(), (weights, text) => {
        const initializers = new Map(
          Object.entries(weights).map(([name, [dtype, shape]]) => {
            const { data } = drawn(shape, name, (stream) => stream.integer(2))
            return [name, tensor(shape, Array.from(data as Float64Array), dtype as TensorData['dtype'])]
          }),
        )
        const whole = { ...model, initializers, metadata: { text, [text]: 'key' } }
        expect(decodeModel(joined(encodeModel(whole).model))).toEqual(whole)
      }),
      { numRuns: 40, seed: 1 },
    )
  })
})

describe('a damaged model file', () => {
  const model = everyKind()
  const bytes = joined(encodeModel(model).model)
  const refused = (content: Uint8Array): void => {
    expect(() => decodeModel(content)).toThrow(FormatError)
  }

  it('is refused when cut at any place', () => {
    for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length))
  })

  it('with flipped bits is refused or read, nothing else', () => {
    const property = fc.property(
      fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }),
      (flips) => {
        const copy = bytes.slice()
        for (const flip of flips) copy[flip >> 3] = (copy[flip >> 3] as number) ^ (1 << (flip & 7))
        try {
          expect(decodeModel(copy, () => new Uint8Array(64)).nodes).toBeInstanceOf(Array)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      },
    )
    fc.assert(property, { numRuns: 3000, seed: 2 })
  })

  it('of random bytes is refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refused), { numRuns: 1000, seed: 3 })
  })

  it('names weights in its own folder only', () => {
    const named = (location: string): string => {
      const path = join(folder, 'outside.onnx')
      writeFileSync(path, joined(encodeModel(model, location).model))
      return path
    }
    for (const location of ['../secret.bin', '/etc/passwd', '..', '.', 'sub/weights.bin'])
      expect(() => readModelFile(named(location))).toThrow(/outside its folder.*Refused/)
    symlinkSync('/etc/passwd', join(folder, 'link.bin'))
    expect(() => readModelFile(named('link.bin'))).toThrow(/outside its folder, link\.bin/)
    expect(() => readModelFile(named('missing.bin'))).toThrow(/cannot read .*missing\.bin/)
    expect(() => readModelFile(join(folder, 'none.onnx'))).toThrow(FormatError)
  })
})

describe('writing a model file', () => {
  const small = lower({ y: everyKindOutput() })

  it.for([false, true])(
    'onto a full disk leaves the old file untouched (external: %s)',
    (external, { skip }) => {
      const place = smallDisk()
      if (place === undefined) return skip('no file system can be mounted here')
      const path = join(place.folder, 'model.onnx')
      try {
        writeModel(path, small, { external })
        const before = readFileSync(path)
        place.fill()
        expect(() => writeModel(path, everyKind(300_000), { external })).toThrow(
          /cannot write .*Free some space/,
        )
        expect(readFileSync(path).equals(before)).toBe(true)
        expect(readModelFile(path)).toEqual(small)
        expect(statSync(`${path}.part`, { throwIfNoEntry: false })).toBeUndefined()
        expect(statSync(`${path}_data.part`, { throwIfNoEntry: false })).toBeUndefined()
      } finally {
        place.remove()
      }
    },
  )

  it('of more than 2 GB inline is refused', () => {
    const data = new Float32Array(2 ** 26)
    const weights = Array.from(
      { length: 9 },
      (_, i) => [`w${i}`, { dtype: 'float32', shape: [2 ** 26], data }] as const,
    )
    const large = { ...small, initializers: new Map<string, TensorData>(weights) }
    expect(() => encodeModel(large)).toThrow(FormatError)
    expect(() => encodeModel(large)).toThrow(/bytes exceed protobuf's 2 GB. Keep weights in an external file/)
    expect(joined(encodeModel(large, 'weights.bin').model).length).toBeLessThan(10_000)
  })

  it('into a missing folder is one clear error', () => {
    expect(() => writeModel(join(folder, 'none', 'model.onnx'), small)).toThrow(FormatError)
  })
})
