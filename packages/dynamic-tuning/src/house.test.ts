import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const packages = join(fileURLToPath(import.meta.url), '..', '..', '..')
/** Rooms of each package, top to bottom: a folder imports only from those above it. Files beside them are free. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  engine: ['random', 'graph', 'ops', 'rewrite', 'autodiff', 'onnx', 'precision', 'runtime', 'testing'],
  'dynamic-tuning': [
    'nn',
    'models',
    'tuners',
    'reduction',
    'cost',
    'io',
    'data',
    'training',
    'evaluation',
    'export',
    'report',
    'verification',
    'workflows',
  ],
}
const publicEntries = [
  '@dynamic-tuning/engine',
  '@dynamic-tuning/engine/web',
  '@dynamic-tuning/engine/testing',
  '@dynamic-tuning/engine/testing/browser',
  'dynamic-tuning',
  'dynamic-tuning/browser',
]
const runtimeFiles = ['engine/src/runtime/node.ts', 'engine/src/runtime/web.ts']

interface Import {
  readonly file: string
  readonly target: string
  readonly typeOnly: boolean
}

const isTest = (file: string): boolean => /\.test([.-]|$)/.test(file)
const files = readdirSync(packages).flatMap((pack) =>
  readdirSync(join(packages, pack), { withFileTypes: true }).some((entry) => entry.name === 'src')
    ? readdirSync(join(packages, pack, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => `${pack}/src/${file.split(sep).join('/')}`)
    : [],
)
const textOf = (file: string): string => readFileSync(join(packages, file), 'utf8')

function importsOf(file: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(import|export)(\s+type)?[^'"\n;]*?(?:\{[^}]*\})?\s*(?:from\s*)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g
  return [...textOf(file).matchAll(pattern)].map(([, , type, target, dynamic]) => ({
    file,
    target: (target ?? dynamic) as string,
    typeOnly: type !== undefined,
  }))
}
const imports = files.flatMap(importsOf)
const text = ({ file, target }: Import): string => `${file} imports ${target}`

/** Package and room of a file: `engine/src/ops/matrix.ts` is in `ops` of `engine`. */
function placeOf(file: string): { pack: string; room: string | undefined } {
  const [pack = '', , room, ...rest] = file.split('/')
  return { pack, room: rest.length > 0 ? room : undefined }
}

function breaksOrder({ file, target, typeOnly }: Import): boolean {
  if (!target.startsWith('.') || isTest(file)) return false
  const [from, to] = [placeOf(file), placeOf(join(dirname(file), target).split(sep).join('/'))]
  const order = rooms[from.pack]
  if (order === undefined || from.room === undefined || to.room === undefined || typeOnly) return false
  return order.indexOf(to.room) > order.indexOf(from.room)
}

describe('the house', () => {
  it('is found, with imports in it', () => {
    expect(files).toContain('engine/src/ops/matrix.ts')
    expect(imports.map(text)).toContain('engine/src/ops/matrix.ts imports ./shape.ts')
    expect(imports.map(text)).toContain('engine/src/runtime/node.ts imports onnxruntime-node')
    expect(breaksOrder({ file: 'engine/src/graph/a.ts', target: '../ops/b.ts', typeOnly: false })).toBe(true)
    expect(breaksOrder({ file: 'engine/src/ops/a.ts', target: '../graph/b.ts', typeOnly: false })).toBe(false)
  })

  it('has no room that the order does not name', () => {
    const strange = files.filter((file) => {
      const { pack, room } = placeOf(file)
      return rooms[pack] !== undefined && room !== undefined && !rooms[pack].includes(room)
    })
    expect(strange).toEqual([])
  })

  it('lets a room import only from rooms above it', () => {
    expect(imports.filter(breaksOrder).map(text)).toEqual([])
  })

  it('lets packages import each other by their public entry only', () => {
    const ours = imports.filter(({ target }) => /^(@dynamic-tuning\/|dynamic-tuning)/.test(target))
    expect(ours.filter(({ target }) => !publicEntries.includes(target)).map(text)).toEqual([])
    const leaving = imports.filter(
      ({ file, target }) =>
        target.startsWith('.') &&
        placeOf(join(dirname(file), target).split(sep).join('/')).pack !== placeOf(file).pack,
    )
    expect(leaving.map(text)).toEqual([])
  })

  it('imports ONNX Runtime in the two runtime files only', () => {
    const direct = imports.filter(
      ({ file, target, typeOnly }) => /^onnxruntime/.test(target) && !typeOnly && !isTest(file),
    )
    expect(
      [...new Set(direct.map(({ file }) => file))].filter((file) => !runtimeFiles.includes(file)),
    ).toEqual([])
  })

  it('keeps every file under 500 lines', () => {
    const sizes = files.map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
    sizes.sort((a, b) => b.lines - a.lines)
    console.info(
      sizes
        .slice(0, 10)
        .map(({ file, lines }) => `${String(lines).padStart(4)}  ${file}`)
        .join('\n'),
    )
    expect(sizes.filter(({ lines }) => lines > 500)).toEqual([])
  })
})
