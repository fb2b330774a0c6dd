import { operatorScene, trainingScene } from './device-scene.test.support.ts'
import { compile } from './node.ts'
import type { Device } from './program.ts'

/** Run by a process of its own: prints the scenes' values on the device named in its arguments as JSON. */
const device = process.argv[2] as Device
const values: Record<string, { shape: readonly number[]; data: number[] }> = {}
for (const { outputs, feeds } of [trainingScene(), operatorScene()]) {
  const program = await compile(outputs, { device })
  for (const [name, { shape, data }] of Object.entries(await program.run(feeds)))
    values[name] = { shape, data: Array.from(data as ArrayLike<number>, Number) }
  await program.release()
}
process.stdout.write(JSON.stringify(values))
