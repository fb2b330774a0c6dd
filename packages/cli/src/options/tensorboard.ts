import { Option } from 'commander'

/** `--tensorboard`, fresh. */
export function tensorboardFlag(): Option {
  return new Option('--tensorboard', 'write event files for TensorBoard into the run folder too')
}
