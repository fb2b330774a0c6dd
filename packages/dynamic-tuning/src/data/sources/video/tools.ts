import { type ChildProcess, execFile } from 'node:child_process'
import { ToolError, TuningError } from '../../../errors.ts'

/** Output of a program. */
export interface ToolOutput {
  readonly stdout: Buffer
  readonly stderr: string
  /** True if the exit code was 0. */
  readonly ok: boolean
}

/** Time limit in milliseconds: a damaged video can keep a decoder busy forever. */
const longest = 10 * 60 * 1000

/** The programs of this thread that have not ended. */
const running = new Set<ChildProcess>()

let ended = false

/** Ends the programs of this thread, for good: nobody waits for their output any more. */
export function endTools(): void {
  ended = true
  for (const child of running) child.kill('SIGKILL')
}

/**
 * Runs ffmpeg or ffprobe, which read all common formats; the environment variables `FFMPEG` and `FFPROBE`
 * replace the programs on the path.
 * @throws ToolError if it is not installed, saying how to install it
 */
export function runTool(tool: 'ffmpeg' | 'ffprobe', args: readonly string[]): Promise<ToolOutput> {
  const program = process.env[tool.toUpperCase()] || tool
  if (ended) return Promise.reject(new TuningError(`${tool}: not started, the thread ends`))
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: 2 ** 31, timeout: longest } as const
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      running.delete(child)
      if (error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
        reject(missing(tool, program))
      else if (error && 'killed' in error && error.killed)
        reject(new TuningError(`${tool}: no end after ${longest / 60_000} minutes, it was stopped`))
      else resolve({ stdout, stderr: stderr.toString('utf8').trim(), ok: error === null })
    })
    running.add(child)
    child.stdin?.end()
  })
}

function missing(tool: string, program: string): ToolError {
  return new ToolError(
    `video: there is no program ${program}, which decodes videos. Install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or name it in ${tool.toUpperCase()}.`,
  )
}
