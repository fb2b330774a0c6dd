const deepest = 100
const mostValues = 100_000

/**
 * Says what makes a value of a settings file unfit: something other than text, numbers, true, false, null,
 * lists and named values (YAML has bytes, sets and dates), a zero byte in a text, a list that holds itself,
 * over 100 levels or over 100,000 values. Undefined if the value is fit.
 */
export function unfitIn(value: unknown): string | undefined {
  let count = 0
  const check = (each: unknown, depth: number): string | undefined => {
    if (++count > mostValues) return `more than ${mostValues} values`
    if (typeof each === 'string') return each.includes('\0') ? 'a text with a zero byte' : undefined
    if (each === null || typeof each === 'number' || typeof each === 'boolean') return undefined
    if (depth === deepest) return `values nested deeper than ${deepest} levels, or in themselves`
    if (!Array.isArray(each) && !isPlainObject(each)) return `${nameOf(each)}, which is no plain value`
    for (const inner of Object.values(each)) {
      const found = check(inner, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return check(value, 0)
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value
}
