import { DownloadError } from '../../errors.ts'
import { placeOfModel } from '../model-place.ts'
import { readShardIndex } from '../sharded.ts'
import { fetchBlob } from './fetch-blob.ts'
import { CachedRepo, type FetchedModel, sideFiles } from './hub-cache.ts'
import { chooseWeights, describeFile, describeRepo } from './hub-files.ts'
import { type HubName, hubNameText } from './hub-name.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'
import { type ReceiveControl, retrying } from './receive-file.ts'

/** Progress of a download. */
export interface DownloadProgress {
  /** `owner/name` */
  readonly model: string
  readonly file: string
  /** Downloaded bytes of this file. */
  readonly done: number
  readonly total: number
}

/** Options for downloading a model. */
export interface FetchControl extends Omit<ReceiveControl, 'onBytes'> {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
  /** True to ask the hub for a newer commit even if the model is in the cache. */
  readonly refresh?: boolean | undefined
  /** Default: read from the environment. */
  readonly settings?: HubSettings | undefined
}

/**
 * Downloads a model of the Hugging Face hub into the cache: `owner/name` or `owner/name@revision`, its
 * weights, `config.json` and `preprocessor_config.json`. A model in the cache is not asked for again. Model
 * names of other kinds are ignored.
 * @returns undefined for names of other kinds
 * @throws DownloadError if the download fails; the next call continues it
 */
export async function fetchModel(
  name: string,
  control: FetchControl = {},
): Promise<FetchedModel | undefined> {
  const place = placeOfModel(name)
  if (place.kind !== 'hub') return undefined
  const { settings = hubSettings(), refresh = false } = control
  const repo = new CachedRepo(settings.cache, place.name)
  const there = repo.complete()
  if (there !== undefined && (!refresh || settings.offline)) return there
  if (settings.offline) throw notThere(place.name, settings)
  const commit = await fetchFiles(settings, repo, control)
  repo.noteCommit(commit)
  return repo.at(commit)
}

/**
 * The folder of a model in the cache, and its name with the commit.
 * @throws DownloadError if it is not in the cache
 */
export function cachedModel(name: HubName, settings: HubSettings = hubSettings()): FetchedModel {
  const repo = new CachedRepo(settings.cache, name)
  const there = repo.complete()
  if (there === undefined) throw notThere(name, settings)
  return there
}

function notThere(name: HubName, { cache, offline }: HubSettings): DownloadError {
  const text = hubNameText(name)
  return new DownloadError(
    `download: ${text} is no path, and not or not wholly in ${cache}${offline ? ', and nothing is fetched offline' : ''}. Fetch it once with a network: dyt download ${text}`,
  )
}

/**
 * Downloads the missing files of the model's commit. The weights come last: they mark it as complete.
 * @returns the commit
 */
async function fetchFiles(settings: HubSettings, repo: CachedRepo, control: FetchControl): Promise<string> {
  const { name } = repo
  const ask = <T>(work: () => Promise<T>): Promise<T> => retrying(work, () => 0, control)
  const { commit, files } = await ask(() => describeRepo(settings, name, control))
  const weights = chooseWeights(name, files)
  if (repo.isComplete(commit)) return commit
  const get = async (file: string): Promise<string> => {
    const described = await ask(() => describeFile(settings, name, commit, file, control))
    const onBytes = (done: number): void =>
      control.onProgress?.({ model: name.repo, file, done, total: described.size })
    await fetchBlob(settings, repo, described, { ...control, onBytes })
    return described.hash
  }
  for (const file of sideFiles) {
    if (files.includes(file)) repo.link(commit, file, await get(file))
    else repo.noteMissing(commit, file)
  }
  const hash = await get(weights)
  if (weights.endsWith('.index.json'))
    for (const shard of new Set(Object.values(readShardIndex(repo.blob(hash)))))
      repo.link(commit, shard, await get(shard))
  repo.link(commit, weights, hash)
  return commit
}
