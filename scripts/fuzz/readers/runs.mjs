import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { finetuneCommand } from '../../../packages/cli/dist/commands/finetune.js'
import { readSettings } from '../../../packages/cli/dist/options/settings-file.js'
import { openBackbone } from '../../../packages/dynamic-tuning/dist/io/backbone.js'
import { openRunFolder } from '../../../packages/dynamic-tuning/dist/io/run-folder.js'
import { checkFinetune } from '../../../packages/dynamic-tuning/dist/run/settings/check-finetune.js'
import { openRun } from '../../../packages/dynamic-tuning/dist/run/tuned-run.js'
import { fixtureWeights, openFixture } from '../../../packages/dynamic-tuning/dist/verification/fixture.js'
import { verifyFixture } from '../../../packages/dynamic-tuning/dist/verification/verify.js'
import { readModelFile } from '../../../packages/engine/dist/index.js'
import { mutated, mutatedJsonText } from '../mutate.mjs'
import { filesBelow, fixtures } from './valid.mjs'

/** Files of a folder, one of which is changed. */
function oneChanged(files, arbitraries) {
  return fc.oneof(
    ...Object.entries(arbitraries).map(([name, changed]) =>
      changed.map((bytes) => ({ ...files, [name]: bytes })),
    ),
  )
}
const json = (bytes) => JSON.parse(bytes.toString('utf8'))

function runReader(name) {
  const files = filesBelow(join(fixtures, 'v0.1', name, 'run'))
  const text = files['config.json'].toString('utf8').replaceAll('FOLDER', join(fixtures, 'v0.1'))
  const config = JSON.parse(text)
  const complete = { ...files, 'config.json': Buffer.from(text) }
  const bytes = ['metrics.jsonl', 'adapter.safetensors', 'checkpoint/state.safetensors'].filter(
    (each) => files[each],
  )
  return {
    name: `run-${name}`,
    share: 0.5,
    input: oneChanged(complete, {
      'config.json': mutatedJsonText(config),
      ...Object.fromEntries(bytes.map((each) => [each, mutated([files[each]])])),
    }),
    read(folder) {
      const run = openRunFolder(folder, { write: false })
      run.readMetrics()
      run.loadCheckpoint()
      openRun(folder)
    },
  }
}

/** A model folder as Hugging Face writes it. */
const vit = {
  ...{
    model_type: 'vit',
    architectures: ['ViTModel'],
    hidden_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
  },
  ...{
    intermediate_size: 48,
    image_size: 32,
    patch_size: 8,
    num_channels: 3,
    layer_norm_eps: 1e-6,
    qkv_bias: true,
  },
  ...{ hidden_act: 'gelu', id2label: { 0: 'a', 1: 'b' } },
}
const timm = {
  ...{ architecture: 'vit_tiny_patch16_224', num_classes: 5, num_features: 24 },
  pretrained_cfg: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], input_size: [3, 32, 32] },
}
const preprocessor = {
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  size: { height: 32, width: 32 },
}

const settings = [
  'data: builtin:nature\nepochs: 3\nrate: 0.5\nimageSize: 32x48\nmethod: dyt\nlearningRate: 1e-3\n',
  'data: builtin:count\nreduction: tome\ntomeR: 8\nmemory: 2GB\nviews: 1x3\nframes: 4\ndispatch: mlp\nexperts: 4\n',
  '{"formatVersion": 1, "settings": {"imageSize": [8, 16], "batch": 4, "data": "builtin:nature"}}',
].map((text) => Buffer.from(text))

function fixtureReader(name, share, read) {
  const files = filesBelow(join(fixtures, 'reference/dyt-mlp'))
  const described = ['config.json', 'expected.json'].map((each) => [each, mutatedJsonText(json(files[each]))])
  const tensors = ['expected.safetensors', 'inputs.safetensors', 'weights.safetensors']
  const bytes = tensors.map((each) => [each, mutated([files[each]])])
  return { name, share, input: oneChanged(files, Object.fromEntries([...described, ...bytes])), read }
}

/** Readers of run folders, settings, model folders, fixtures and ONNX files. */
export function runReaders() {
  const weights = readFileSync(join(fixtures, 'v0.1/vit.safetensors'))
  const onnx = readFileSync(join(fixtures, 'v0.1/images/model.onnx'))
  const model = (config) =>
    fc.record({
      'config.json': mutatedJsonText(config),
      'preprocessor_config.json': mutatedJsonText(preprocessor),
    })
  return [
    ...['images', 'interrupted', 'clips', 'swin'].map(runReader),
    {
      name: 'settings',
      share: 2,
      input: mutated(settings).map((bytes) => ({ 'a.yaml': bytes })),
      read(folder) {
        const { options, fileKeys } = finetuneCommand
        checkFinetune(readSettings(join(folder, 'a.yaml'), options, fileKeys))
      },
    },
    {
      name: 'model-folder',
      share: 0.5,
      input: fc.oneof(model(vit), model(timm)).map((files) => ({ ...files, 'model.safetensors': weights })),
      read: (folder) => void openBackbone(folder),
    },
    fixtureReader('fixture', 0.3, (folder) => void fixtureWeights(openFixture(folder))),
    fixtureReader('verify', 0.03, (folder) => verifyFixture(folder, { threads: 1 })),
    {
      name: 'onnx',
      share: 0.5,
      input: mutated([onnx]).map((bytes) => ({ 'a.onnx': bytes })),
      read: (folder) => void readModelFile(join(folder, 'a.onnx')),
    },
  ]
}
