/** The positions of an axis' ticks with their texts, all in data units, ascending. */
export interface Ticks {
  readonly min: number
  readonly max: number
  readonly values: readonly number[]
  readonly labels: readonly string[]
}

/**
 * About `count` ticks at multiples of 1, 2, 2.5 or 5 times a power of ten, whole numbers only if
 * `whole`; `min` and `max` are widened to the outer ticks so that every point lies on the axis.
 * Equal bounds are spread first.
 */
export function niceTicks(min: number, max: number, count = 5, whole = false): Ticks {
  let [low, high] = min <= max ? [min, max] : [max, min]
  if (high - low <= Math.abs(high) * 1e-12) {
    const spread = Math.abs(high) * 0.1 || 1
    low -= spread
    high += spread
  }
  const nice = niceStep((high - low) / count)
  const step = whole ? wholeStep(nice) : nice
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  const digits = decimalsOf(step)
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
  return {
    min: first * step,
    max: last * step,
    values,
    labels: values.map((v) => tickLabel(v, digits)),
  }
}

/** The same ticks on an axis that ends at the data; ticks outside are left out. */
export function tightTicks(min: number, max: number, count = 5, whole = false): Ticks {
  const wide = niceTicks(min, max, count, whole)
  if (min >= max) return wide
  const slack = (max - min) * 1e-9
  const inside = wide.values.map((value) => value >= min - slack && value <= max + slack)
  const values = wide.values.filter((_, i) => inside[i])
  return { min, max, values, labels: wide.labels.filter((_, i) => inside[i]) }
}

/** Ticks at 1, 2, 5 times powers of ten (only powers past three decades); the bounds are kept tight. */
export function logTicks(min: number, max: number): Ticks {
  const low = min === max ? min / 2 : min
  const high = min === max ? max * 2 : max
  const factors = Math.log10(high / low) > 3 ? [1] : [1, 2, 5]
  const values: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`)
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push(value)
    }
  }
  return { min: low, max: high, values, labels: values.map((v) => tickLabel(v, decimalsOf(v))) }
}

function niceStep(rough: number): number {
  const power = Math.floor(Math.log10(rough))
  const lead = rough / 10 ** power
  const nice = [1, 2, 2.5, 5, 10].find((n) => n >= lead - 1e-9) ?? 10
  return Number(`${nice}e${power}`)
}

/** The next step of 1, 2 or 5 times a power of ten that is a whole number. */
function wholeStep(nice: number): number {
  if (nice < 1) return 1
  return nice === 2.5 ? 5 : nice
}

function decimalsOf(step: number): number {
  for (let digits = 0; digits < 8; digits++) {
    if (Math.abs(Number(step.toFixed(digits)) - step) <= Math.abs(step) * 1e-9) return digits
  }
  return 8
}

function tickLabel(value: number, digits: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${trim(value / 1e6, 3)}M`
  if (size >= 1e4) return `${trim(value / 1e3, 3)}k`
  if (digits > 4) return value === 0 ? '0' : shortExponent(value)
  const text = value.toFixed(digits)
  return Number(text) === 0 ? '0' : text.replace('-', '\u2212')
}

/** 0.00025 as "2.5e−4": as many digits as a tick needs, and no wider than five decimals. */
function shortExponent(value: number): string {
  const [lead, power = ''] = value.toExponential(2).split('e')
  return `${trim(Number(lead), 2)}e${power.replace('+', '').replace('-', '\u2212')}`
}

function trim(value: number, digits: number): string {
  return Number(value.toFixed(digits)).toString().replace('-', '\u2212')
}
