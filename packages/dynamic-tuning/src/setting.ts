import { z } from 'zod'

/** How a value is written on a command line or in a form. */
export type SettingForm =
  | { readonly kind: 'text' | 'switch' | 'bytes' | 'pixels' | 'layers' | 'views' | 'data' }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly several?: string }
  /** A name that `read` checks and normalises; `choices` are listed in help. */
  | { readonly kind: 'name'; readonly choices: readonly string[]; read(text: string): string }
  | { readonly kind: 'whole' | 'wholes'; readonly least: number }
  | { readonly kind: 'number' | 'numbers'; readonly least: number; readonly most: number }
  | { readonly kind: 'oneOrList'; readonly item: SettingForm }

/** Help text of a setting, and where it may be given. */
export interface SettingText {
  /** One line; for a switch, what it does when on. */
  readonly help: string
  /** What `--no-NAME` does, for a switch that is on by default. */
  readonly without?: string
  /** Placeholder of the value in help, such as `<n>`; switches have none. */
  readonly argument?: string
  /** The default in words, if `default` does not show it or other settings decide it; empty to omit it. */
  readonly usual?: string
  /** Heading of its group in help; general options if absent. */
  readonly group?: string
  /**
   * True for a setting of a task that changes its answers and not what is learned: trained runs take it too.
   */
  readonly ofAnswers?: boolean
  /** True for a setting that has no flag and is only allowed in files. */
  readonly fileOnly?: boolean
  /** True for a setting that may be absent even when all settings are resolved. */
  readonly optional?: boolean
}

/** Everything about one setting: its type, check, default, flag and line of help. */
export interface Setting<T = unknown> extends SettingText {
  /** Allowed values; given settings and settings files are checked with it. */
  readonly schema: z.ZodType<T>
  readonly form: SettingForm
  /** Absent if the method, the model, the data or other settings decide it. */
  readonly default?: T
}

/** Settings by name. */
export type Settings = Readonly<Record<string, Setting>>

/** The type of a setting's value. */
export type ValueOf<S extends Setting> = z.output<S['schema']>

/** Names of the settings that may be absent. */
export type OptionalIn<R extends Settings> = {
  [K in keyof R]: R[K] extends { readonly optional: true } ? K : never
}[keyof R]
type WithDefault<R extends Settings> = {
  [K in keyof R]: R[K] extends { readonly default: unknown } ? K : never
}[keyof R]

/** Values of all settings; those marked `optional` may be absent. */
export type ValuesOf<R extends Settings> = {
  readonly [K in Exclude<keyof R, OptionalIn<R>>]: ValueOf<R[K]>
} & { readonly [K in OptionalIn<R>]?: ValueOf<R[K]> | undefined }

/** Some values of settings. */
export type SomeOf<R extends Settings> = { readonly [K in keyof R]?: ValueOf<R[K]> | undefined }

/** Records of settings for the values of `T`: complete, and each of the right type. */
export type SettingsFor<T> = { readonly [K in keyof T]-?: Setting<Exclude<T[K], undefined>> }

type Spec<T> = SettingText & { readonly default?: T }
type Range = { readonly least?: number; readonly most?: number }

/** A whole number from `least` (default 0) to `most`. */
export function whole<const S extends Spec<number> & Range>(spec: S): S & Setting<number> {
  const { least = 0, most } = spec
  const schema = z.int().min(least)
  return { ...spec, schema: most === undefined ? schema : schema.max(most), form: { kind: 'whole', least } }
}

/** Whole numbers of at least `least` (default 0), separated by commas. */
export function wholes<const S extends Spec<readonly number[]> & Range>(
  spec: S,
): S & Setting<readonly number[]> {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = spec
  const schema = z.array(z.int().min(least).max(most)).min(1).readonly()
  return { ...spec, schema, form: { kind: 'wholes', least } }
}

/** Bounds of a number: `least` and `most` are inclusive, `above` and `below` exclusive. */
type Bounds = Range & { readonly above?: number; readonly below?: number }

/** Any number within bounds; without a lower bound, files allow any and flags numbers from 0. */
export function number<const S extends Spec<number> & Bounds>(spec: S): S & Setting<number> {
  const { schema, reach } = withinBounds(spec)
  return { ...spec, schema, form: { kind: 'number', ...reach } }
}

/** Numbers within bounds, separated by commas. */
export function numbers<const S extends Spec<readonly number[]> & Bounds>(
  spec: S,
): S & Setting<readonly number[]> {
  const { schema, reach } = withinBounds(spec)
  return { ...spec, schema: z.array(schema).min(1).readonly(), form: { kind: 'numbers', ...reach } }
}

function withinBounds({ least, most, above, below }: Bounds) {
  let schema = z.number()
  if (least !== undefined) schema = schema.min(least)
  if (most !== undefined) schema = schema.max(most)
  if (above !== undefined) schema = schema.gt(above)
  if (below !== undefined) schema = schema.lt(below)
  return { schema, reach: { least: least ?? above ?? 0, most: most ?? below ?? Number.POSITIVE_INFINITY } }
}

/** True or false. A setting that is true by default has the flag `--no-NAME`, with `without` as its help. */
export function onOff<const S extends Spec<boolean>>(spec: S): S & Setting<boolean> {
  return { ...spec, schema: z.boolean(), form: { kind: 'switch' } }
}

/** One word of `choices`; `several` says why two words are refused. */
export function choice<
  const C extends readonly string[],
  const S extends Spec<C[number]> & { readonly several?: string },
>(choices: C, spec: S): S & Setting<C[number]> {
  const { several } = spec
  const isList = (input: unknown): boolean => Array.isArray(input) || /[,+]/.test(String(input))
  const error = several && {
    error: ({ input }: { input?: unknown }) => (isList(input) ? several : undefined),
  }
  const form = { kind: 'choice', choices, ...(several && { several }) } as const
  return { ...spec, schema: z.enum(choices, error || undefined), form }
}

/** Non-empty text. */
export function text<const S extends Spec<string>>(spec: S): S & Setting<string> {
  return { ...spec, schema: z.string().min(1), form: { kind: 'text' } }
}

/** A setting with any other schema and form. */
export function other<T, const S extends Spec<T>>(
  schema: z.ZodType<T>,
  form: SettingForm,
  spec: S,
): S & Setting<T> {
  return { ...spec, schema, form }
}

/** The same settings under a heading in help. */
export function grouped<R extends Settings>(group: string, settings: R): R {
  return mapped(settings, (setting) => ({ ...setting, group })) as R
}

/** Schemas of settings, all optional, for `z.strictObject`. */
export function shapeOf<R extends Settings>(
  settings: R,
): { readonly [K in keyof R]: z.ZodOptional<z.ZodType<ValueOf<R[K]>>> } {
  return mapped(settings, ({ schema }) => schema.optional()) as ReturnType<typeof shapeOf<R>>
}

/** Schemas of settings that accept any value, for values that are checked later, one case at a time. */
export function uncheckedShapeOf<R extends Settings>(settings: R): ReturnType<typeof shapeOf<R>> {
  return mapped(settings, () => z.any().optional()) as ReturnType<typeof shapeOf<R>>
}

/** The defaults of all settings that have one. */
export function defaultsOf<R extends Settings>(
  settings: R,
): { readonly [K in WithDefault<R>]: ValueOf<R[K]> } {
  const known = Object.entries(settings).filter(([, each]) => each.default !== undefined)
  return Object.fromEntries(known.map(([name, each]) => [name, each.default])) as ReturnType<
    typeof defaultsOf<R>
  >
}

function mapped<T>(settings: Settings, change: (setting: Setting) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(settings).map(([name, each]) => [name, change(each)]))
}
