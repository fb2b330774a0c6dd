import { add, concat, type Dim, slice, type Tensor, zerosLike } from '@dynamic-tuning/engine'
import { isVit } from '../models/backbone-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { type Initializer, uniform } from '../nn/initializers.ts'
import type { Tuner } from './tuner.ts'

/** Uniform in +-sqrt(6 / (3 p^2 + C)): the initial prompts of Visual Prompt Tuning. */
export function promptStart({ patchSize, embedDim }: VitConfig): Initializer {
  return uniform(Math.sqrt(6 / (3 * patchSize ** 2 + embedDim)))
}

/** Inserts `prompts` [1, P, C] after the class token. x: [B, N, C] -> [B, N + P, C]. */
export function withPrompts(x: Tensor, prompts: Tensor): Tensor {
  const first = slice(x, 1, 0, 1)
  const perImage = add(zerosLike(slice(first, 2, 0, 1)), prompts)
  return concat([first, perImage, slice(x, 1, 1, x.shape[1] as number)], 1)
}

/** Removes `count` tokens after the class token. x: [B, N + P, C] -> [B, N, C]. */
export function withoutPrompts(x: Tensor, count: number): Tensor {
  if (count === 0) return x
  const tokens = x.shape[1] as Dim
  return concat([slice(x, 1, 0, 1), slice(x, 1, 1 + count, Number(tokens))], 1)
}

/** Properties that both forms of VPT share. */
export const promptTuner = {
  paper: 'arXiv:2203.12119',
  family: 'prompts',
  startsAsBase: false,
  defaults: { promptLength: 50 },
  uses: ['promptLength'],
  promptsAt: ({ promptLength }) => promptLength,
  needsAllTokens: () => 'its prompts have places among the tokens and were not meant to leave',
  refusesModel: (config) =>
    isVit(config)
      ? undefined
      : 'its prompts join one sequence of tokens, and here tokens fill a grid of windows',
  refuses: ({ promptLength }) =>
    promptLength === 0 ? 'promptLength is 0; give 10, for instance' : undefined,
} as const satisfies Partial<Omit<Tuner, 'defaults'>> & { readonly defaults: object }
