import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Device } from '@dynamic-tuning/engine'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { logitsOf } from '../tasks/logits.ts'
import type { Targets } from './loss.ts'
import { draw, drawnWeights, smallDyt, smallTrainable } from './small-dyt.test.support.ts'
import { TrainingStep } from './training-step.ts'

const size = 2

/** Values of one training step, and logits of the plain and the token-skipping model, on a device. */
async function values(device: Device): Promise<Record<string, number[]>> {
  const tensors = drawnWeights(0.45)
  const store = new WeightStore({ trainable: smallTrainable, tensors })
  const frozen = new WeightStore({ tensors })
  const images = draw(size * 3 * 16 * 16, 'images', 1)
  const shares = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0)
  const targets: Targets = { targets: { dtype: 'float32', shape: [size, 5], data: shares } }
  const step = await TrainingStep.create({
    ...smallDyt,
    store,
    seed: 1,
    microBatch: size,
    compile: { device },
  })
  const result = await step.run({ images, targets, size }, 0)
  const found: Record<string, number[]> = {
    ...Object.fromEntries(Object.entries(result.scalars).map(([name, value]) => [name, [value]])),
    ...Object.fromEntries([...result.gradients].map(([name, data]) => [`grad.${name}`, Array.from(data)])),
    logits: Array.from(logitsOf(result.outputs).values),
    activeRatePerGate: [...result.activeRatePerGate],
  }
  const forms = {
    complete: { pass: 'complete' },
    masked: { pass: 'masked' },
    skip: { pass: 'skip', buckets: false },
    bucket: { pass: 'skip', buckets: true },
  } as const
  for (const [name, form] of Object.entries(forms)) {
    const classifier = await Classifier.create({ ...smallDyt, store: frozen, ...form, compile: { device } })
    found[name] = Array.from(withLogits(await classifier.classify(images)).logits)
    await classifier.release()
  }
  await step.release()
  found.operatorsOnHost = [await operatorsOnHost(device, frozen, images)]
  return found
}

/** Number of operators of token-skipping inference that ran on the CPU although `device` was asked for. */
async function operatorsOnHost(device: Device, store: WeightStore, images: Float32Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  try {
    const compile = { device, profile: join(folder, 'trace') }
    const classifier = await Classifier.create({ ...smallDyt, store, compile })
    withLogits(await classifier.classify(images))
    await classifier.release()
    const events = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
    const kernels = events.filter(({ name }) => name.endsWith('_kernel_time'))
    if (kernels.length === 0) throw new Error('the profile has no operators')
    return kernels.filter(({ args }) => args.provider === 'CPUExecutionProvider').length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.stdout.write(JSON.stringify(await values(process.argv[2] as Device)))
