import { describe, expect, it } from 'vitest'
import { circles, type Import, publicEntries, readHouse, type Source } from './house.test.support.ts'

/**
 * Rooms of each package, top to bottom, and the folders inside some of them. A folder imports only from
 * folders above it; types count. A file directly in a room may import any of the room's folders.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  engine: ['random', 'graph', 'ops', 'rewrite', 'autodiff', 'onnx', 'precision', 'runtime', 'testing'],
  'dynamic-tuning': [
    'nn',
    'models',
    'tuners',
    'reduction',
    'network',
    'cost',
    'io',
    'data',
    'training',
    'evaluation',
    'export',
    'report',
    'tasks',
    'run',
    'study',
    'bench',
    'demo',
    'verification',
  ],
  'dynamic-tuning/data': [
    'sources',
    'testing',
    'masks',
    'boxes',
    'transforms',
    'truths',
    'kinds',
    'samples',
    'loader',
  ],
  'dynamic-tuning/models': ['samples', 'heads', 'checkpoints', 'vit', 'swin', 'vitdet'],
  'dynamic-tuning/run': ['settings', 'survey', 'explain', 'dead-blocks', 'export', 'calibrate'],
  'dynamic-tuning/study': ['pool', 'paper', 'compare', 'joint', 'sweep', 'vtab', 'noah'],
  cli: ['terminal', 'options', 'commands', 'e2e'],
}
const runtimeFiles = ['engine/src/runtime/node.ts', 'engine/src/runtime/web.ts']
/** Rooms that also run in a browser. */
const portable = ['nn', 'models', 'tuners', 'reduction', 'network', 'cost', 'training', 'evaluation']

/** Type assertions of the code, as counted: this number may only fall. */
const mostAssertions = 299

const house = readHouse()
const entries = publicEntries()
const code = house.filter(({ test }) => !test)
const imports = house.flatMap((source) => source.imports)
const text = ({ file, target }: Import): string => `${file} imports ${target}`

/** Package, room and folder in it of a file: `engine/src/ops/matrix.ts` is in `ops` of `engine`. */
function placeOf(file: string): { pack: string; room: string | undefined; inner: string | undefined } {
  const [pack = '', , ...path] = file.split('/')
  const [room, inner] = path.slice(0, -1)
  return { pack, room, inner }
}

/** True where `from` stands above `to` in a list that names both. */
function isAbove(list: string, from: string | undefined, to: string | undefined): boolean {
  const order = rooms[list]
  if (order === undefined || from === undefined || to === undefined) return false
  return order.includes(from) && order.indexOf(to) > order.indexOf(from)
}

function breaksOrder({ file, to: target }: Pick<Import, 'file' | 'to'>): boolean {
  if (target === undefined) return false
  const [from, to] = [placeOf(file), placeOf(target)]
  if (isAbove(from.pack, from.room, to.room)) return true
  return from.room === to.room && isAbove(`${from.pack}/${from.room}`, from.inner, to.inner)
}

const ofCode = (broken: (each: Import) => boolean): string[] =>
  code.flatMap((source) => source.imports.filter(broken).map(text))

describe('the house', () => {
  it('is found, with imports in it', () => {
    expect(house.map(({ file }) => file)).toContain('engine/src/ops/matrix.ts')
    expect(imports.map(text)).toContain('engine/src/ops/matrix.ts imports ./shape.ts')
    expect(imports.map(text)).toContain('engine/src/runtime/node.ts imports onnxruntime-node')
    const breaks = (file: string, to: string) => breaksOrder({ file: `${file}.ts`, to: `${to}.ts` })
    expect(breaks('engine/src/graph/a', 'engine/src/ops/b')).toBe(true)
    expect(breaks('engine/src/ops/a', 'engine/src/graph/b')).toBe(false)
    expect(breaks('dynamic-tuning/src/data/sources/a', 'dynamic-tuning/src/data/loader/b')).toBe(true)
    expect(breaks('dynamic-tuning/src/data/a', 'dynamic-tuning/src/data/loader/b')).toBe(false)
    const arrow = (file: string, to: string): Source => ({
      ...{ file, text: '', test: false, functions: [], assertions: 0 },
      imports: [{ file, target: to, to, typeOnly: true }],
    })
    expect(circles([arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'b')])).toEqual([['b', 'c']])
  })

  it('has no room that the order does not name', () => {
    const strange = house.filter(({ file }) => {
      const { pack, room, inner } = placeOf(file)
      const named = (list: string, folder: string | undefined): boolean =>
        folder === undefined || (rooms[list]?.includes(folder) ?? true)
      return !named(pack, room) || !named(`${pack}/${room}`, inner)
    })
    expect(strange.map(({ file }) => file)).toEqual([])
  })

  it('lets a room import only from rooms above it', () => {
    expect(ofCode(breaksOrder)).toEqual([])
  })

  it('has no circles between files', () => {
    expect(circles(code)).toEqual([])
  })

  it('keeps Node out of what also runs in a browser', () => {
    const inside = code.filter(({ file }) => {
      const { pack, room = '' } = placeOf(file)
      return pack === 'dynamic-tuning' && portable.includes(room)
    })
    const node = inside.flatMap(({ imports: all }) => all.filter(({ target }) => target.startsWith('node:')))
    expect(node.map(text)).toEqual([])
    const names = inside.filter((each) => /\bprocess\.|\bBuffer\./.test(each.text)).map(({ file }) => file)
    expect(names).toEqual([])
  })

  it('lets packages import each other by their public entry only', () => {
    const ours = imports.filter(({ target }) => /^(@dynamic-tuning\/|dynamic-tuning)/.test(target))
    expect(ours.filter(({ target }) => !entries.has(target)).map(text)).toEqual([])
    const leaving = imports.filter(
      ({ file, to }) => to !== undefined && placeOf(to).pack !== placeOf(file).pack,
    )
    expect(leaving.map(text)).toEqual([])
  })

  it('imports ONNX Runtime in the two runtime files only', () => {
    const direct = ofCode(({ target, typeOnly }) => /^onnxruntime/.test(target) && !typeOnly)
    expect(direct.filter((each) => !runtimeFiles.some((file) => each.startsWith(file)))).toEqual([])
  })

  it('keeps every file under 500 lines and every function under 41', () => {
    const sizes = house.map(({ file, text: all }) => ({ file, lines: all.split('\n').length - 1 }))
    expect(sizes.filter(({ lines }) => lines > 500)).toEqual([])
    const long = code.flatMap(({ file, functions }) =>
      functions
        .filter(({ lines }) => lines > 40)
        .map(({ name, lines }) => `${file}: ${name}, ${lines} lines`),
    )
    expect(long).toEqual([])
  })

  it('keeps comments within 110 columns', () => {
    const comment = /^\s*(?:\/?\*|\/\/)/
    const wide = house.flatMap(({ file, text: all }) =>
      all
        .split('\n')
        .flatMap((line, i) => (line.length > 110 && comment.test(line) ? `${file}:${i + 1}` : [])),
    )
    expect(wide).toEqual([])
  })

  it('asserts few types', () => {
    expect(code.reduce((sum, { assertions }) => sum + assertions, 0)).toBeLessThanOrEqual(mostAssertions)
  })

  it('names no measure outside of tasks', () => {
    // `accuracy_level` is an attribute of one of ONNX Runtime's operators, and figures in fixtures are named
    // `accuracy_percent`.
    const inside = code.filter(
      ({ file, text: all }) => /accuracy(?!_level|_percent)/i.test(all) && placeOf(file).room !== 'tasks',
    )
    expect(inside.map(({ file }) => file)).toEqual([])
  })

  it('asks for frames only where a kind of sample is at home', () => {
    const asking = /\bframes (?:[!=]== undefined|\? )|typeof [\w.]*frames\b/
    const asks = code.filter(({ file, text: all }) => asking.test(all) && !file.includes('/samples/'))
    expect(asks.map(({ file }) => file)).toEqual([])
  })
})
