const drawn = (data, train, test, batch, ...rest) => [
  ...['--data', `builtin:${data}`, '--train-size', `${train}`, '--test-size', `${test}`],
  ...['--batch', `${batch}`, '--learning-rate', '0.01', ...rest],
]
const images = (...rest) => ['--model', 'vit.safetensors', ...drawn('count', 48, 16, 16, ...rest)]
const onSwin = (...rest) => ['--model', 'swin.safetensors', ...drawn('count', 48, 16, 16, ...rest)]
const clips = (...rest) => [
  ...['--model', 'vit.safetensors', '--frames', '2'],
  ...drawn('motion', 16, 8, 8, ...rest),
]
const few = ['--epochs', '3']
const many = ['--epochs', '60']
const small = ['--bottleneck', '4']
const experts = ['--dispatch', 'attention-mlp', '--experts', '2', '--final-temperature', '0.1']
const mixed = ['--mixup', '0.8', '--cutmix', '1']
const augmented = [...mixed, '--augment', 'rand-augment', '--label-smoothing', '0.1']
const pretrained = [
  ...['--data', 'builtin:nature', '--epochs', '1', '--full-epochs', '1', '--image-size', '32'],
  ...['--batch', '250', '--micro-batch', '50'],
]
const reduced = ['--reduction', 'dynamicvit', '--reduction-layers', '1', '--keep-rate', '0.6']

/**
 * The settings of `dyt finetune` by case: every kind of method, images, clips and Swin. `stop` ends a run
 * after its second epoch and resumes it.
 */
export const cases = {
  'dyt on images': { args: images(...few, ...small, '--dispatch', 'mlp') },
  'dyt with experts': { args: images(...few, ...small, ...experts, '--learnable-scale') },
  'dyt on layers, recomputed': {
    args: images(...few, ...small, '--dispatch', 'layer', '--micro-batch', '4', '--recompute'),
  },
  'dyt on whole images': { args: images(...few, ...small, '--dispatch-level', 'sample', '--rate', '0.7') },
  'dyt, resumed': { args: images(...many, ...small), stop: true },
  lora: { args: images(...few, '--method', 'lora', '--rank', '4') },
  'adaptformer, augmented': { args: images(...few, ...small, '--method', 'adaptformer', ...augmented) },
  'vpt-deep': { args: images(...few, '--method', 'vpt-deep', '--prompt-length', '3') },
  'lora and adaptformer on int8': {
    args: images(...few, ...small, '--method', 'lora+adaptformer', '--backbone-precision', 'int8'),
  },
  'full, learned reduction': { args: images(...few, '--method', 'full', ...reduced) },
  'linear, cached features': { args: images(...few, '--method', 'linear', '--cache-features', '10MB') },
  'dyt on clips': { args: clips(...few, ...small) },
  'adaptformer on clips, resumed': {
    args: clips('--epochs', '40', ...small, '--method', 'adaptformer'),
    stop: true,
  },
  'dyt on swin': { args: onSwin(...few, ...small) },
  'lora on swin, resumed': { args: onSwin(...many, '--method', 'lora', '--rank', '4'), stop: true },
  pretrain: { command: 'pretrain', args: pretrained },
}
