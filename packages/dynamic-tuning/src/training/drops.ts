import type { Network } from '../network/network.ts'
import { dropPathBranches, dropPathChances } from '../tuners/drop-path.ts'
import type { DropKey } from './noise.ts'

/** What a graph input of a training pass drops. */
export interface Drop extends Pick<DropKey, 'kind'> {
  /** The chance of each of its slots. */
  chances(slots: number): readonly number[]
}

/** What the graph input of this name drops: of a method, of residual branches, of the head; or nothing. */
export function dropOf({ options, config, dropPath, head }: Network, name: string): Drop | undefined {
  if (name.startsWith('dropPath')) {
    const chances = dropPathChances(dropPath, config).flatMap((chance) => dropPathBranches.map(() => chance))
    return { kind: 'drop path', chances: () => chances }
  }
  const share = name.startsWith('dropout') ? options.adapterDropout : head.drops?.[name]
  return share === undefined
    ? undefined
    : { kind: 'dropout', chances: (slots) => new Array(slots).fill(share) }
}
