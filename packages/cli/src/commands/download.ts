import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from 'dynamic-tuning'
import { type FetchedModel, fetchModel } from 'dynamic-tuning/io'
import { formatMemory } from 'dynamic-tuning/report'
import { type Call, defineCommand } from '../command.ts'
import { downloadProgress } from '../fetch-models.ts'
import type { CommonOptions } from '../options/common.ts'
import type { Paint } from '../terminal/output.ts'

/** A model in the cache, with the bytes of its files. */
interface Downloaded extends FetchedModel {
  readonly bytes: number
}

export const downloadCommand = defineCommand<CommonOptions>({
  name: 'download',
  group: 'Train',
  summary: 'Fetch models of the Hugging Face hub into the cache, or their newer commits',
  description:
    "--model fetches by itself what is missing; this asks for newer commits too.\nThe cache is that of Hugging Face's own tools: HF_HUB_CACHE, or hub/ in HF_HOME.\nHF_TOKEN opens gated models, HF_ENDPOINT names a mirror. Broken downloads go on.",
  arguments: [['<models...>', 'owner/name, or owner/name@revision']],
  options: [],
  examples: [
    ['dyt download google/vit-base-patch16-224-in21k', 'a ViT-B/16 of ImageNet-21K'],
    ['dyt finetune --data photos/ --model google/vit-base-patch16-224-in21k --offline', 'and its use'],
  ],
  async run({ args, terminal }: Call<CommonOptions>) {
    const models: Downloaded[] = []
    for (const name of args) {
      const fetched = await fetchModel(name, { refresh: true, onProgress: downloadProgress(terminal) })
      if (fetched === undefined)
        throw new ConfigError(
          `download: ${name} names no repository, or is a folder here. Give owner/name, or hf:owner/name.`,
        )
      models.push({ ...fetched, bytes: bytesIn(fetched.path) })
    }
    terminal.result({ models }, () => models.map((each) => downloadedText(each, terminal.paint)).join(''))
    return undefined
  },
})

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function downloadedText({ model, commit, path, bytes }: Downloaded, paint: Paint): string {
  return `${paint.bold(model)}   ${formatMemory(bytes / 2 ** 20)}   ${paint.dim(`commit ${commit.slice(0, 12)}`)}\n  ${path}\n`
}
