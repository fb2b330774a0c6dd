import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { z } from 'zod'

/** The folder of all packages. */
export const packages = join(fileURLToPath(import.meta.url), '..', '..', '..')

const manifest = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.object({ types: z.string().optional() })),
})

/** An import or re-export of one file, of types or values. */
export interface Import {
  readonly file: string
  /** As written. */
  readonly target: string
  /** The imported file, if it is one of ours: `engine/src/ops/matrix.ts`. */
  readonly to: string | undefined
  readonly typeOnly: boolean
}

/** The properties of one source file that the rules check. */
export interface Source {
  /** `engine/src/ops/matrix.ts` */
  readonly file: string
  readonly text: string
  readonly test: boolean
  readonly imports: readonly Import[]
  /** Name and number of lines of every function. */
  readonly functions: readonly { readonly name: string; readonly lines: number }[]
  /** Number of `x as T`, without `as const`. */
  readonly assertions: number
}

/** True for tests, their support files, and folders that only tests use. */
const isTest = (file: string): boolean => /\.test([.-]|$)|\/testing\//.test(file)

/** All TypeScript files of all packages. */
export function readHouse(): Source[] {
  const files = readdirSync(packages).flatMap((pack) =>
    readdirSync(join(packages, pack), { withFileTypes: true }).some(({ name }) => name === 'src')
      ? readdirSync(join(packages, pack, 'src'), { recursive: true, encoding: 'utf8' })
          .filter((file) => /\.tsx?$/.test(file))
          .map((file) => `${pack}/src/${file.split(sep).join('/')}`)
      : [],
  )
  const known = new Set(files)
  return files.map((file) => readSource(file, known))
}

/** What packages may import from each other: source files of the entries with types in `package.json`. */
export function publicEntries(): Map<string, string> {
  const entries = readdirSync(packages).flatMap((pack) => {
    const text = readFileSync(join(packages, pack, 'package.json'), 'utf8')
    const { name, exports } = manifest.parse(JSON.parse(text))
    return Object.entries(exports).flatMap(([path, { types }]): [string, string][] => {
      if (types === undefined) return []
      const source = types.replace('/dist/', '/src/').replace('.d.ts', '.ts')
      return [[name + path.slice(1), join(packages, pack, source)]]
    })
  })
  return new Map(entries)
}

function readSource(file: string, known: ReadonlySet<string>): Source {
  const text = readFileSync(join(packages, file), 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const functions: { name: string; lines: number }[] = []
  let assertions = 0
  const visit = (node: ts.Node): void => {
    const target = targetOf(node)
    if (target !== undefined) imports.push({ file, ...target, to: resolved(file, target.target, known) })
    if (ts.isAsExpression(node) && node.type.getText(tree) !== 'const') assertions++
    if (ts.isFunctionLike(node) && 'body' in node && node.body)
      functions.push({ name: node.name?.getText(tree) ?? 'a function', lines: linesOf(node, tree) })
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return { file, text, test: isTest(file), imports, functions, assertions }
}

function targetOf(node: ts.Node): Pick<Import, 'target' | 'typeOnly'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return { target: node.moduleSpecifier.text, typeOnly: node.importClause?.isTypeOnly ?? false }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return { target: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return { target: node.argument.literal.getText().slice(1, -1), typeOnly: true }
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined
  const [path] = node.arguments
  return path && ts.isStringLiteral(path) ? { target: path.text, typeOnly: false } : undefined
}

function resolved(file: string, target: string, known: ReadonlySet<string>): string | undefined {
  if (!target.startsWith('.')) return undefined
  const to = join(dirname(file), target).split(sep).join('/')
  return known.has(to) ? to : undefined
}

function linesOf(node: ts.Node, tree: ts.SourceFile): number {
  const line = (position: number): number => tree.getLineAndCharacterOfPosition(position).line
  return line(node.end) - line(node.getStart(tree)) + 1
}

/** Groups of files that import one another in a circle, by values or types (Tarjan's components). */
export function circles(sources: readonly Source[]): string[][] {
  const arrows = new Map(sources.map(({ file, imports }) => [file, imports.flatMap(({ to }) => to ?? [])]))
  const [index, low] = [new Map<string, number>(), new Map<string, number>()]
  const stack: string[] = []
  const found: string[][] = []
  const lowOf = (file: string): number => low.get(file) ?? 0
  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.size - 1)
    stack.push(file)
    for (const next of arrows.get(file) ?? []) {
      if (!index.has(next)) visit(next)
      if (stack.includes(next)) low.set(file, Math.min(lowOf(file), lowOf(next)))
    }
    if (lowOf(file) !== index.get(file)) return
    const group = stack.splice(stack.indexOf(file))
    if (group.length > 1 || arrows.get(file)?.includes(file)) found.push(group.sort())
  }
  for (const file of arrows.keys()) if (!index.has(file)) visit(file)
  return found
}
