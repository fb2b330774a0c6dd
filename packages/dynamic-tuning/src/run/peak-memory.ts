import { readFileSync } from 'node:fs'

/**
 * Largest resident memory of this process so far, in MB of 2^20 bytes. Linux counts what the starting process held into a
 * child's `maxRSS`, so the process's own high-water mark is read there.
 */
export function peakMemoryMB(): number {
  return (ownPeak() ?? process.resourceUsage().maxRSS) / 1024
}

function ownPeak(): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes)
  } catch {
    return undefined
  }
}
