import { compile } from './node.ts'
import type { Device } from './program.ts'
import { sceneValues } from './scene-values.test.support.ts'

/** Runs in a separate process: prints as JSON the values of the scenes on the device in its arguments. */
process.stdout.write(JSON.stringify(await sceneValues(compile, { device: process.argv[2] as Device })))
