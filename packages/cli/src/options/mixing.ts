import { Option } from 'commander'
import { number } from './numbers.ts'

/** `--mixup` and `--cutmix`, fresh. */
export function mixingFlags(): Option[] {
  return [
    new Option(
      '--mixup <alpha>',
      'mix images in pairs, by shares from Beta(alpha, alpha) (default 0, none)',
    ).argParser(number(0)),
    new Option(
      '--cutmix <alpha>',
      'put a box of another image into each, its area from Beta(alpha, alpha) (default 0)',
    ).argParser(number(0)),
  ]
}
