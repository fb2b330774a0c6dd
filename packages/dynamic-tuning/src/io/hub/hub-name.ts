import { ConfigError } from '../../errors.ts'

/** A repository of models on the Hugging Face hub, at a branch, a tag or a commit. */
export interface HubName {
  /** `google/vit-base-patch16-224-in21k` */
  readonly repo: string
  /** Default `main`. */
  readonly revision: string
}

const part = '[A-Za-z0-9_][A-Za-z0-9_.-]*'
const pattern = new RegExp(`^(${part}/${part})(?:@([A-Za-z0-9_][A-Za-z0-9_./-]*))?$`)
/** Marks a name as one of the hub even if a folder has the same name; the second form is timm's. */
const prefix = /^(?:hf:|hf[-_]hub:)/

/**
 * The repository of `owner/name` or `owner/name@revision`, each also after `hf:`;
 * undefined for anything else.
 * @throws ConfigError if `hf:` stands before anything else
 */
export function parseHubName(text: string): HubName | undefined {
  const [, repo, revision = 'main'] = pattern.exec(text.replace(prefix, '')) ?? []
  const isName = repo !== undefined && !`${repo}/${revision}`.includes('..')
  if (isName) return { repo, revision }
  if (!prefix.test(text)) return undefined
  throw new ConfigError(`model: ${text} names no repository. Give hf:owner/name or hf:owner/name@revision.`)
}

/** `owner/name@revision`, or `owner/name` for the main branch. */
export function hubNameText({ repo, revision }: HubName): string {
  return revision === 'main' ? repo : `${repo}@${revision}`
}

/** True if a revision is a commit, which never changes, rather than a branch or tag. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}
