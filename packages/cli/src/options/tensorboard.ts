import { Option } from 'commander'

/** A new flag `--tensorboard`. */
export function tensorboardFlag(): Option {
  return new Option('--tensorboard', 'write event files for TensorBoard into the run folder too')
}
