import { PickleReader } from './pickle-reader.ts'
import { allowedGlobal, Callable, Inert } from './pickled.ts'

/** The value of a pickle, and where it ended. */
export interface Unpickled {
  readonly value: unknown
  /** Offset of the byte after the pickle. */
  readonly end: number
}

/** State of the stack machine that runs a pickle. */
interface Machine {
  readonly reader: PickleReader
  readonly stack: unknown[]
  readonly memo: Map<number, unknown>
  readonly persistent: (id: unknown) => unknown
  /** Count of items that calls have copied. */
  copied: number
  /** Count of opcodes that left a list, dict or other object on top. */
  made: number
}

/** Most values of a pickle that take memory of their own; a state dict has about fifteen per tensor. */
const mostMade = 1_000_000
/** Most items that calls may copy for each byte of the pickle; state dicts copy less than one. */
const copiesPerByte = 10

const mark = Symbol('mark')

/**
 * Reads a pickle of protocol 1 to 5. It builds only descriptions of tensors, dicts (as maps), lists and
 * tuples (as arrays), sets, numbers, strings and bytes.
 * @param persistent resolves a persistent id of the file
 * @throws CheckpointError for damaged pickles and those that name or do anything else
 */
export function unpickle(
  path: string,
  bytes: Uint8Array,
  persistent: (id: unknown) => unknown,
  start = 0,
): Unpickled {
  const reader = new PickleReader(path, bytes, start)
  const machine: Machine = { reader, stack: [], memo: new Map(), persistent, copied: 0, made: 0 }
  for (;;) {
    const code = reader.uint8()
    if (code === 0x2e) return { value: pop(machine), end: reader.at }
    const run = opcodes[code]
    if (run === undefined) throw reader.defect(`it uses opcode 0x${code.toString(16).padStart(2, '0')}`)
    run(machine)
    if (typeof machine.stack.at(-1) === 'object') machine.made++
    if (machine.made > mostMade) throw reader.defect(`it makes more than ${mostMade} values`)
    if (machine.copied > copiesPerByte * bytes.length)
      throw reader.defect('it copies the same values for ever')
  }
}

type Run = (machine: Machine) => void

/** An opcode that pushes the value that it reads. */
const push =
  (read: (reader: PickleReader, machine: Machine) => unknown): Run =>
  (machine) =>
    void machine.stack.push(read(machine.reader, machine))

/** An opcode that replaces everything above the mark by one value. */
const collect =
  (make: (items: unknown[]) => unknown): Run =>
  (machine) =>
    void machine.stack.push(make(popMark(machine)))

/** An opcode that replaces the top `count` values by a tuple. */
const tuple =
  (count: number): Run =>
  (machine) => {
    if (machine.stack.length < count) throw machine.reader.defect('a tuple lacks values')
    machine.stack.push(machine.stack.splice(machine.stack.length - count))
  }

const remember =
  (index: (reader: PickleReader, memo: Map<number, unknown>) => number): Run =>
  (machine) =>
    void machine.memo.set(index(machine.reader, machine.memo), top(machine))

const recall =
  (index: (reader: PickleReader) => number): Run =>
  (machine) => {
    const place = index(machine.reader)
    if (!machine.memo.has(place)) throw machine.reader.defect(`there is nothing under ${place}`)
    machine.stack.push(machine.memo.get(place))
  }

// Codes as in pickletools.py, without those that create instances of classes.
const opcodes: Readonly<Record<number, Run>> = {
  128: ({ reader }) => void reader.uint8(), // PROTO
  149: ({ reader }) => void reader.uint64(), // FRAME
  40: push(() => mark),
  48: (machine) => void pop(machine),
  49: (machine) => void popMark(machine),
  50: push((_, machine) => top(machine)), // DUP
  78: push(() => null),
  136: push(() => true),
  137: push(() => false),
  73: push((reader) => reader.decimal()), // INT
  76: push((reader) => reader.decimal()), // LONG
  74: push((reader) => reader.int32()),
  75: push((reader) => reader.uint8()),
  77: push((reader) => reader.uint16()),
  138: push((reader) => reader.long(reader.uint8())),
  139: push((reader) => reader.long(reader.uint32())),
  71: push((reader) => reader.float64()),
  140: push((reader) => reader.text(reader.uint8())),
  88: push((reader) => reader.text(reader.uint32())),
  141: push((reader) => reader.text(reader.uint64())),
  85: push((reader) => reader.text(reader.uint8())), // SHORT_BINSTRING, of Python 2
  84: push((reader) => reader.text(reader.uint32())),
  67: push((reader) => reader.take(reader.uint8())),
  66: push((reader) => reader.take(reader.uint32())),
  142: push((reader) => reader.take(reader.uint64())),
  93: push(() => []),
  41: push(() => []), // EMPTY_TUPLE
  125: push(() => new Map()),
  143: push(() => new Set()),
  116: collect((items) => items), // TUPLE
  108: collect((items) => items), // LIST
  145: collect((items) => new Set(items)), // FROZENSET
  100: (machine) => {
    const items = popMark(machine)
    machine.stack.push(new Map())
    setItems(machine, items)
  },
  133: tuple(1),
  134: tuple(2),
  135: tuple(3),
  97: (machine) => append(machine, [pop(machine)]),
  101: (machine) => append(machine, popMark(machine)),
  115: (machine) => setItems(machine, [pop(machine), pop(machine)].reverse()),
  117: (machine) => setItems(machine, popMark(machine)),
  144: (machine) => addItems(machine, popMark(machine)),
  99: push((reader) => allowedGlobal(reader.path, reader.line(), reader.line())),
  147: push((reader, machine) => {
    const [name, module] = [pop(machine), pop(machine)]
    if (typeof module !== 'string' || typeof name !== 'string') throw reader.defect('a name is no text')
    return allowedGlobal(reader.path, module, name)
  }),
  81: push((_, machine) => machine.persistent(pop(machine))), // BINPERSID
  82: reduce,
  129: reduce, // NEWOBJ of an allowed type is a call
  98: build,
  113: remember((reader) => reader.uint8()),
  114: remember((reader) => reader.uint32()),
  148: remember((_, memo) => memo.size),
  104: recall((reader) => reader.uint8()),
  106: recall((reader) => reader.uint32()),
}

function top({ stack, reader }: Machine): unknown {
  if (stack.length === 0) throw reader.defect('its stack is empty')
  return stack.at(-1)
}

function pop(machine: Machine): unknown {
  const value = top(machine)
  if (value === mark) throw machine.reader.defect('a value is missing')
  machine.stack.pop()
  return value
}

function popMark({ stack, reader }: Machine): unknown[] {
  const at = stack.lastIndexOf(mark)
  if (at < 0) throw reader.defect('a mark is missing')
  const items = stack.splice(at)
  items.shift()
  return items
}

function append(machine: Machine, items: readonly unknown[]): void {
  const list = top(machine)
  if (!Array.isArray(list)) throw machine.reader.defect('something is appended to no list')
  for (const item of items) list.push(item)
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const dict = top(machine)
  if (!(dict instanceof Map) || items.length % 2 === 1)
    throw machine.reader.defect('items are set of no dict')
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1])
}

function addItems(machine: Machine, items: readonly unknown[]): void {
  const set = top(machine)
  if (!(set instanceof Set)) throw machine.reader.defect('items are added to no set')
  for (const item of items) set.add(item)
}

function reduce(machine: Machine): void {
  const [args, callable] = [pop(machine), pop(machine)]
  if (!(callable instanceof Callable) || !Array.isArray(args))
    throw machine.reader.defect('something is called that is no function')
  machine.copied += args.reduce<number>((sum, arg) => sum + itemsIn(arg), args.length)
  try {
    machine.stack.push(callable.call(args))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw machine.reader.defect(`${callable.name} is asked for ${error.message}`)
  }
}

/** Count of items of a value and of the lists in it: what a call may copy. */
function itemsIn(value: unknown): number {
  if (value instanceof Map) return value.size
  if (!Array.isArray(value)) return 0
  return value.reduce<number>((sum, each) => sum + (Array.isArray(each) ? each.length : 1), 0)
}

/** Ignores the attributes of ordered dicts (PyTorch's `_metadata`): they hold no weights. */
function build(machine: Machine): void {
  pop(machine)
  const object = top(machine)
  if (!(object instanceof Map || object instanceof Inert))
    throw machine.reader.defect('attributes are set of something that has none')
}
