import { sceneValues } from './scene-values.test.support.ts'
import { compile } from './web.ts'

/** The page under test offers the scenes' values on its devices. */
Object.assign(globalThis, { sceneValues: (device: 'wasm' | 'webgpu') => sceneValues(compile, { device }) })
