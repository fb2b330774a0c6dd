import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { z } from 'zod'
import { packages, publicEntries } from './house.test.support.ts'

const root = join(packages, '..')
/** Where examples are compiled as if they were files. */
const place = join(packages, 'dynamic-tuning', 'src')

/** Code that users read: an `@example` of a function, or a block in a document. */
export interface Example {
  /** `finetune`, or `docs/video.md 103`. */
  readonly name: string
  readonly code: string
}

/** An export of an entry. */
export interface Exported {
  /** `dynamic-tuning/data` */
  readonly entry: string
  readonly symbol: ts.Symbol
}

/** The public entries of the libraries by path; the command line is no library. */
export const entries = new Map([...publicEntries()].filter(([path]) => !path.endsWith('/cli')))

/** The entries that typedoc is told of. */
export function referenced(): string[] {
  const libraries = readdirSync(packages).filter((name) =>
    ts.sys.fileExists(join(packages, name, 'typedoc.json')),
  )
  const files = libraries.flatMap((name) => {
    const text = readFileSync(join(packages, name, 'typedoc.json'), 'utf8')
    const { entryPoints } = z.object({ entryPoints: z.array(z.string()) }).parse(JSON.parse(text))
    return entryPoints.map((file) => join(packages, name, file))
  })
  return files.sort()
}

/** Compiles the entries, and examples beside them; `known` spares reading files again. */
export function compileSurface(examples: readonly Example[] = [], known?: ts.Program): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const own = { ...{ composite: false, declaration: false, declarationMap: false }, noUnusedLocals: false }
  const paths = Object.fromEntries([...entries].map(([path, file]) => [path, [file]]))
  const all = { ...options, ...own, noEmit: true, paths }
  const virtual = new Map(
    examples.map(({ code }, i) => [join(place, `example-${i}.ts`), `${code}\nexport {}\n`]),
  )
  const host = ts.createCompilerHost(all)
  const { fileExists, readFile } = host
  host.fileExists = (file) => virtual.has(file) || fileExists(file)
  host.readFile = (file) => virtual.get(file) ?? readFile(file)
  return ts.createProgram([...entries.values(), ...virtual.keys()], all, host, known)
}

/** What is wrong with the example of this number: `2: Cannot find name 'x'.` */
export function errorsIn(program: ts.Program, number: number): string[] {
  const file = program.getSourceFile(join(place, `example-${number}.ts`))
  return program.getSemanticDiagnostics(file).map(({ messageText, start = 0 }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

/** All exports of all entries. */
export function exportsOf(program: ts.Program): Exported[] {
  const checker = program.getTypeChecker()
  return [...entries].flatMap(([entry, path]) => {
    const file = program.getSourceFile(path)
    const symbol = file && checker.getSymbolAtLocation(file)
    if (symbol === undefined) throw new Error(`${entry}: there is no module ${path}`)
    return checker.getExportsOfModule(symbol).map((each) => ({ entry, symbol: original(checker, each) }))
  })
}

/** Types that an export's declaration mentions and that a file of ours declares. */
export function mentioned(checker: ts.TypeChecker, { symbol }: Exported): Set<ts.Symbol> {
  const found = new Set<ts.Symbol>()
  const visit = (node: ts.Node): void => {
    if (ts.isBlock(node) || isPrivate(node)) return
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression
      const type = checker.getSymbolAtLocation(name)
      if (type && isOurs(original(checker, type))) found.add(original(checker, type))
    }
    if (!ts.isPropertyDeclaration(node)) ts.forEachChild(node, visit)
    else if (node.type) visit(node.type)
  }
  for (const each of symbol.declarations ?? []) for (const part of signatureOf(each)) visit(part)
  return found
}

/** Where a symbol is declared: `dynamic-tuning/src/run/finetune.ts`. */
export function fileOf(symbol: ts.Symbol): string {
  return relative(packages, symbol.declarations?.[0]?.getSourceFile().fileName ?? '')
}

/** The `@example` of every exported function, each once. */
export function examplesOf(program: ts.Program): Example[] {
  const checker = program.getTypeChecker()
  const found = exportsOf(program).flatMap(({ symbol }) =>
    symbol
      .getJsDocTags(checker)
      .filter(({ name }) => name === 'example')
      .map(({ text }) => [symbol.name, blocksIn(ts.displayPartsToString(text))[0]?.code ?? ''] as const),
  )
  return [...new Map(found)].map(([name, code]) => ({ name, code }))
}

/** The blocks of TypeScript in the documents. */
export function documentedCode(): Example[] {
  const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)
  const readmes = readdirSync(packages).map((name) => `packages/${name}/README.md`)
  return ['README.md', 'CONTRIBUTING.md', ...readmes, ...docs]
    .filter((file) => file.endsWith('.md') && ts.sys.fileExists(join(root, file)))
    .flatMap((file) =>
      blocksIn(readFileSync(join(root, file), 'utf8')).map(({ line, code }) => ({
        name: `${file} ${line}`,
        code,
      })),
    )
}

function blocksIn(text: string): { line: number; code: string }[] {
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(({ index, 1: code = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    code,
  }))
}

const original = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

function isOurs(symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0]
  if (declaration === undefined || fileOf(symbol).startsWith('..')) return false
  return (
    ts.isInterfaceDeclaration(declaration) ||
    ts.isTypeAliasDeclaration(declaration) ||
    ts.isClassDeclaration(declaration)
  )
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false
  const { name } = node
  if (name && ts.isPrivateIdentifier(name)) return true
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0
}

/** The parts of a declaration that its users see. */
function signatureOf(node: ts.Declaration): readonly ts.Node[] {
  if (ts.isFunctionDeclaration(node)) {
    const { parameters, typeParameters = [], type } = node
    return [...parameters, ...typeParameters, ...(type ? [type] : [])]
  }
  if (!ts.isVariableDeclaration(node)) return [node]
  const { type, initializer } = node
  if (type) return [type]
  if (!initializer || !ts.isArrowFunction(initializer)) return []
  return [...initializer.parameters, ...(initializer.type ? [initializer.type] : [])]
}
