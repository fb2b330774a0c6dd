import { InvalidArgumentError, Option } from 'commander'
import { integer } from './numbers.ts'

/** Reads spatial and temporal views, `1x3`. */
export function views(text: string): [number, number] {
  const [, spatial, temporal] = /^([1-9]\d?)x([1-9]\d?)$/.exec(text) ?? []
  if (spatial === undefined || temporal === undefined)
    throw new InvalidArgumentError('Give spatial and temporal views, such as 1x3.')
  return [Number(spatial), Number(temporal)]
}

const heading = 'Videos:'

/** Options of how videos are looked at when a model is tested. */
export function viewFlags(): Option[] {
  const options = [
    new Option(
      '--views <SxT>',
      'spatial and temporal test views of a video, whose logits are averaged (default 1x1)',
    ).argParser(views),
    new Option('--skip-bad', 'leave out files that cannot be read, and count them'),
  ]
  return options.map((option) => option.helpGroup(heading))
}

/** Options of how clips are cut out of videos. */
export function clipFlags(): Option[] {
  const options = [
    new Option('--frames <n>', 'frames of a clip (default 8)').argParser(integer(1)),
    new Option(
      '--sampling <how>',
      'uniform takes one frame of each of so many parts, dense every few frames (default uniform):',
    ).choices(['uniform', 'dense']),
    new Option(
      '--sampling-rate <n>',
      'step between the frames of dense clips (default 16; giving it asks for dense)',
    ).argParser(integer(1)),
  ]
  return [...options.map((option) => option.helpGroup(heading)), ...viewFlags()]
}
