import fc from 'fast-check'

/** Numbers at which readers fail: sizes of fields, signs, and what is no size at all. */
const edges = [
  0,
  1,
  2,
  7,
  8,
  127,
  128,
  255,
  256,
  512,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
]
const bigEdges = [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
export const words = [
  ...[
    '-1',
    '-512',
    '-1536',
    '0',
    '10.5',
    '1e308',
    '1e999',
    '99999999999999999999',
    '0x10',
    'NaN',
    'null',
    'true',
  ],
  ...[
    '',
    ' ',
    '\0',
    '\u001b[2J',
    '\u202e',
    '\ud800',
    '../..',
    '/etc/passwd',
    '/dev/zero',
    '__proto__',
    'constructor',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '[]',
    '{}',
    '"',
    ',',
    ':',
    '\n',
    '\r\n',
    '\t',
    '&a [*a]',
    '*a',
    '!!binary aGk=',
    '!!set {a}',
  ],
  ...['x'.repeat(5000), '['.repeat(2000), '{"a":'.repeat(2000), '%s', 'é', '日本', '🍎'],
]
// Without the bias to 0 that fast-check has: most of a file is not at its start.
const place = fc.noBias(fc.nat(2 ** 30 - 1)).map((number) => number / 2 ** 30)
const length = fc.oneof(fc.nat(8), fc.nat(600))

/** A change of some bytes, at a place that is a share of their length. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip'), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('byte'), at: place, value: fc.nat(255) }),
  fc.record({
    kind: fc.constant('number'),
    at: place,
    size: fc.constantFrom(1, 2, 4, 8),
    little: fc.boolean(),
    value: fc.oneof(fc.constantFrom(...edges).map(BigInt), fc.constantFrom(...bigEdges)),
  }),
  fc.record({ kind: fc.constant('cut'), at: place }),
  fc.record({ kind: fc.constant('drop'), at: place, length }),
  fc.record({ kind: fc.constant('repeat'), at: place, length, times: fc.constantFrom(1, 2, 50) }),
  fc.record({ kind: fc.constant('move'), at: place, to: place, length }),
  fc.record({ kind: fc.constant('insert'), at: place, bytes: fc.uint8Array({ maxLength: 16 }) }),
  fc.record({ kind: fc.constant('word'), at: place, word: fc.constantFrom(...words) }),
  fc.record({ kind: fc.constant('token'), at: place, word: fc.constantFrom(...words) }),
)

const apply = {
  flip(bytes, at, { bit }) {
    if (at < bytes.length) bytes[at] ^= 1 << bit
  },
  byte(bytes, at, { value }) {
    if (at < bytes.length) bytes[at] = value
  },
  number(bytes, at, { size, little, value }) {
    for (let i = 0; i < size && at + i < bytes.length; i++)
      bytes[at + i] = Number((value >> BigInt(8 * (little ? i : size - 1 - i))) & 255n)
  },
  cut: (bytes, at) => bytes.subarray(0, at),
  drop: (bytes, at, { length: count }) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]),
  repeat(bytes, at, { length: count, times }) {
    const piece = bytes.subarray(at, at + count)
    return Buffer.concat([bytes.subarray(0, at), ...Array(times).fill(piece), bytes.subarray(at)])
  },
  move(bytes, at, { to, length: count }) {
    const start = Math.floor(to * bytes.length)
    bytes.copyWithin(start, at, at + count)
  },
  insert: (bytes, at, { bytes: added }) => Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]),
  word: (bytes, at, { word }) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(word), bytes.subarray(at)]),
  token: replaceToken,
}

/** Replaces the number or word that begins at or after a place. */
function replaceToken(bytes, at, { word }) {
  const text = bytes.toString('latin1')
  const found = /[-+]?\d[\d.e]*|"[^"]{0,80}"|[A-Za-z_]+/.exec(text.slice(at, at + 200))
  if (!found) return bytes
  const start = at + found.index
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(word), bytes.subarray(start + found[0].length)])
}

function changed(base, changes) {
  let bytes = Buffer.from(base)
  for (const each of changes)
    bytes = apply[each.kind](bytes, Math.floor(each.at * bytes.length), each) ?? bytes
  return bytes
}

/** Some changes to one of several valid files, seldom none. */
export function mutated(bases) {
  return fc
    .record({
      base: fc.constantFrom(...bases),
      changes: fc.noBias(fc.array(change, { minLength: 0, maxLength: 5 })),
    })
    .map(({ base, changes }) => changed(base, changes))
}

/** Stands for lists that are nested too deeply for JSON.stringify. */
const deepMark = '@deep@'
const deep = '['.repeat(20_000) + ']'.repeat(20_000)

const textOf = (document) => Buffer.from(JSON.stringify(document).replaceAll(`"${deepMark}"`, deep))

/** A value of JSON that does not belong where it stands. */
const odd = fc.oneof(
  fc.constantFrom(...words, deepMark),
  fc.constantFrom(-1, 0.5, 1e308, 2 ** 53, -0, 1e9, 65537),
  fc.constantFrom(null, true, [], {}, [[]], [-1], [0], [1e9, 1e9, 1e9], { a: 1 }),
  fc.constantFrom(50, 101, 400).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A JSON document with some of its values replaced, removed or copied to other keys. */
export function mutatedJson(value) {
  const step = fc.record({
    path: fc.noBias(fc.array(fc.nat(50), { minLength: 1, maxLength: 6 })),
    how: fc.nat(9),
    odd,
  })
  return fc.array(step, { minLength: 0, maxLength: 4 }).map((steps) => {
    const copy = structuredClone(value)
    for (const each of steps) replaceIn(copy, each)
    return copy
  })
}

function replaceIn(value, { path: [first = 0, ...rest], how, odd: other }) {
  if (typeof value !== 'object' || value === null) return
  const keys = Object.keys(value)
  const key = keys[first % Math.max(1, keys.length)]
  if (Array.isArray(value) && how === 9) value.push(structuredClone(other))
  else if (key === undefined || how === 9)
    Object.defineProperty(value, typeof other === 'string' ? other.slice(0, 99) : 'other', plain(other))
  else if (rest.length > 0 && typeof value[key] === 'object' && value[key] !== null)
    replaceIn(value[key], { path: rest, how, odd: other })
  else if (how === 8) delete value[key]
  else Object.defineProperty(value, key, plain(other))
}

const plain = (value) => ({
  value: structuredClone(value),
  enumerable: true,
  configurable: true,
  writable: true,
})

/** The text of such a document, itself sometimes damaged. */
export function mutatedJsonText(value) {
  return mutatedJson(value).chain((document) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(textOf(document)) },
      { weight: 1, arbitrary: mutated([textOf(document)]) },
    ),
  )
}
