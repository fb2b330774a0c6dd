import { readFileSync } from 'node:fs'

/**
 * Largest resident memory of this process so far, in MB of 2^20 bytes. On Linux a child's `maxRSS` includes
 * the memory of its parent at the start, so the process's own high-water mark is read.
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
