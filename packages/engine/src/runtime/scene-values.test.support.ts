import { type Plain, plain } from '../testing/plain.ts'
import { operatorScene, type Scene, trainingScene } from './device-scene.test.support.ts'
import { mapScene } from './map-scene.test.support.ts'
import type { CompileOptions, Program } from './program.ts'

type Compile = (outputs: Scene['outputs'], options: CompileOptions) => Promise<Program>

/** Values of all outputs of all scenes on a device, with the runtime of `compile`. */
export async function sceneValues(compile: Compile, options: CompileOptions): Promise<Record<string, Plain>> {
  const values: Record<string, Plain> = {}
  for (const { outputs, feeds } of [trainingScene(), operatorScene(), mapScene()]) {
    const program = await compile(outputs, options)
    for (const [name, value] of Object.entries(await program.run(feeds))) values[name] = plain(value)
    await program.release()
  }
  return values
}
