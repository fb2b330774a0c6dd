import { dims, input, type Tensor } from '@dynamic-tuning/engine'

/** Share of channels that a part of the head drops in training, by the name of the part. */
export type DroppedChannels = Readonly<Record<string, number>>

/** The graph inputs with the factors of these parts, and their shares: see `Head.drops`. */
export function dropsOf(drops: DroppedChannels): Readonly<Record<string, number>> {
  const used = Object.entries(drops).filter(([, share]) => share > 0)
  return Object.fromEntries(used.map(([part, share]) => [inputOf(part), share]))
}

/** The factors for the channels of a map, [1, B, C], as a graph input; undefined where nothing is dropped. */
export function channelFactors(
  map: Tensor,
  part: string,
  { drops, training }: { readonly drops: DroppedChannels; readonly training: boolean },
): Tensor | undefined {
  const [batch, channels] = dims(map, 'B C _ _', part)
  return training && drops[part] ? input(inputOf(part), [1, batch, channels]) : undefined
}

const inputOf = (part: string): string => `channels.${part}`
