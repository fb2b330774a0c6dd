import { InvalidArgumentError, Option } from 'commander'
import { shared } from './common.ts'
import { integer, number } from './numbers.ts'

/** Reads layers such as `0-5,8` as [0, 1, 2, 3, 4, 5, 8]. */
export function layerList(text: string): number[] {
  return text.split(',').flatMap((word) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(word) ?? []
    const count = Number(last) - Number(first) + 1
    if (!(count >= 1 && count <= 1024)) throw new InvalidArgumentError('Give layers such as 0-5,8.')
    return Array.from({ length: count }, (_, i) => Number(first) + i)
  })
}

const dispatchHeading = 'Dispatch and adapters:'

/** Options of token dispatch and of adapters, in the order of the help text. */
export function dispatchOptions(): Option[] {
  const options = [
    new Option(
      '--dispatch <part>',
      'what tokens may skip (default mlp for methods that dispatch, none for others):',
    ).choices(['none', 'mlp', 'attention', 'attention-mlp', 'layer']),
    shared.rate(),
    new Option(
      '--dispatch-level <what>',
      'decide on each token, or on whole images (default token):',
    ).choices(['token', 'sample']),
    new Option(
      '--dispatch-strategy <how>',
      'random lets a share of --rate through (default learned):',
    ).choices(['learned', 'random']),
    new Option('--dispatch-layers <list>', 'layers that dispatch, such as 0-5,8 (default all)').argParser(
      layerList,
    ),
    new Option('--temperature <tau>', 'of the gates while training (default 5)').argParser(number(1e-6)),
    new Option('--final-temperature <tau>', 'at the last step, where it changes (paper: 0.1)').argParser(
      number(1e-6),
    ),
    new Option('--rate-weight <x>', 'alpha of the rate loss (default 2)').argParser(number(0)),
    new Option(
      '--bottleneck <d>',
      'features inside an adapter (default 64; 8 or 10 for adapters of other methods)',
    ).argParser(integer(1)),
    new Option('--learnable-scale', 'train that factor, one for each adapter'),
    new Option(
      '--experts <n>',
      'adapters that a router merges into one for each image (default 1)',
    ).argParser(integer(1)),
    new Option('--router <how>', "whether the experts' weights are normalised (default softmax):").choices([
      'softmax',
      'none',
    ]),
    new Option('--no-distillation', 'leave out the KL from the complete model'),
    new Option('--no-complete', "leave out the complete model's own loss"),
  ]
  return options.map((option) => option.helpGroup(dispatchHeading))
}
