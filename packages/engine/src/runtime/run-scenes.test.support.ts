import { compile } from './node.ts'
import type { Device } from './program.ts'
import { sceneValues } from './scene-values.test.support.ts'

/** Run by a process of its own: prints the scenes' values on the device named in its arguments as JSON. */
process.stdout.write(JSON.stringify(await sceneValues(compile, { device: process.argv[2] as Device })))
