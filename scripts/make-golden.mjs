import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSafetensors, writeSafetensors } from 'dynamic-tuning/io'

/**
 * Writes packages/dynamic-tuning/fixtures/reference and fixtures/paper: the smallest part of the reference tensors
 * and of the paper's printed tables that pins the method down. Everything is copied as it is; `without` names
 * expected tensors that are left out because others say the same.
 *
 *     npm run build && node scripts/make-golden.mjs ../shared
 */
const [shared = '../shared'] = process.argv.slice(2)
const fixtures = fileURLToPath(new URL('../packages/dynamic-tuning/fixtures', import.meta.url))
const methods = [
  ...['adapter-houlsby', 'adapter-pfeiffer', 'adaptformer', 'bitfit', 'convpass', 'dynamicvit', 'evit'],
  ...['fact-tk', 'fact-tt', 'lora', 'noah', 'res-tuning', 'ssf', 'tome', 'vpt-deep', 'vpt-shallow'],
]

/** Folders by name; a pattern of `without` fits the names of expected tensors. */
const folders = {
  'detection/backbone-dyt': { without: [/^eval\.(blocks\.[0-2]|soft)/, /^complete\.p[3-6]/] },
  'detection/metrics': {},
  'detection/rpn': {
    without: [
      /^(anchors|head\.(logits|deltas)|grad\.(logits|deltas))\.p2$/,
      /^decoded$/,
      /^best_iou\.[12]$/,
      /^head\.(logits|deltas)\.p3$/,
    ],
  },
  'detection/roi': {
    without: [
      ...[/^align_grad\.p2$/, /^train\.(box|mask)_features$/, /^train\.mask_(logits|targets)$/],
      ...[/^detections\..*mask_probabilities$/, /^final\.1\.soft_first$/, /^align\.two_samples$/],
    ],
  },
  'dyt-mlp': {},
  'dyt-video': { without: [/^eval\.(blocks|final_norm)/, /^step/, /^final\./] },
  'dyt-variants/attention-mlp': { without: [/^eval\.(blocks|final_norm)/] },
  'dyt-variants/moe': { without: [/^eval\.(blocks|final_norm)/] },
  'peft/backbone': { without: [/^grad\.blocks\.[12]\..*(fc|qkv|proj)/] },
  ...Object.fromEntries(methods.map((name) => [`peft/${name}`, {}])),
  segmentation: {
    without: [/^eval\.(blocks|fpn|topdown|smooth|fused|logits_image)/, /^step1\./, /^slide\.logits$/],
  },
  'segmentation/metrics': {},
  'segmentation/pipeline': { without: [/^photometric\.[0-3]$/] },
  'swin/three-stage': {},
  'vit/token': {},
  'vit/token/hf': {},
  'vit/resize': {},
}
const whole = ['config.json', 'expected.json', 'weights.safetensors', 'inputs.safetensors']
const others = [
  ...['model.safetensors', 'no_antialias.safetensors'],
  ...['ground_truth.json', 'detections.json', 'masks.json', 'results.json'],
]

function make(name, without = []) {
  const [from, to] = [join(shared, 'reference', name), join(fixtures, 'reference', name)]
  mkdirSync(to, { recursive: true })
  for (const file of [...whole, ...others])
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file))
  const expected = join(from, 'expected.safetensors')
  if (!existsSync(expected)) return
  const left = [...readSafetensors(expected)].filter(([tensor]) => !without.some((each) => each.test(tensor)))
  writeSafetensors(join(to, 'expected.safetensors'), left)
}

for (const folder of ['reference', 'paper']) rmSync(join(fixtures, folder), { recursive: true, force: true })
for (const [name, { without }] of Object.entries(folders)) make(name, without)
for (const [from, to] of [
  ['reference/flops.json', 'reference/flops.json'],
  ['spec/tables.json', 'paper/tables.json'],
]) {
  mkdirSync(dirname(join(fixtures, to)), { recursive: true })
  copyFileSync(join(shared, from), join(fixtures, to))
}
