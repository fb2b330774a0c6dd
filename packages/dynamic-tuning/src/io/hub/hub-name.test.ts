import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { placeOfModel } from '../model-place.ts'
import { parseHubName } from './hub-name.ts'
import { hubSettings } from './hub-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'hub-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('names and settings', () => {
  it.each([
    ['google/vit-base-patch16-224', { repo: 'google/vit-base-patch16-224', revision: 'main' }],
    [
      'hf-hub:timm/vit_base_patch16_224.augreg_in21k',
      { repo: 'timm/vit_base_patch16_224.augreg_in21k', revision: 'main' },
    ],
    ['hf:a/b@refs/pr/1', { repo: 'a/b', revision: 'refs/pr/1' }],
    ['./a/b', undefined],
    ['a/b/c', undefined],
    ['../b', undefined],
    ['a/..', undefined],
    ['a/b@../../x', undefined],
    ['/a/b', undefined],
    ['a\\b', undefined],
    ['vit_base_patch16_224', undefined],
  ])('%s', (name, wanted) => expect(parseHubName(name)).toEqual(wanted))

  it('hf: before no name is an error', () => {
    expect(() => parseHubName('hf:name')).toThrow(ConfigError)
  })

  it("come from the variables of Hugging Face's tools", () => {
    const home = mkdtempSync(join(root, 'home-'))
    writeFileSync(join(home, 'token'), 'from-file\n')
    expect(hubSettings({ HF_HOME: home })).toEqual({
      endpoint: 'https://huggingface.co',
      cache: join(home, 'hub'),
      offline: false,
      token: 'from-file',
    })
    const all = {
      HF_ENDPOINT: 'http://mirror/',
      HF_HUB_CACHE: '/c',
      HF_HUB_OFFLINE: '1',
      HF_TOKEN: ' t ',
      HF_HOME: home,
    }
    expect(hubSettings(all)).toEqual({ endpoint: 'http://mirror', cache: '/c', offline: true, token: 't' })
    expect(hubSettings({ XDG_CACHE_HOME: '/x' })).toMatchObject({
      cache: '/x/huggingface/hub',
      token: undefined,
    })
  })
})

it('a folder that is there comes before a repository, and hf: names the latter', () => {
  const place = mkdtempSync(join(root, 'own-'))
  expect(placeOfModel(place)).toEqual({ kind: 'path', path: place })
  for (const path of ['none/model.safetensors', './owner/name', 'owner/name.npz', 'x.pth', 'a/b/c'])
    expect(placeOfModel(path)).toEqual({ kind: 'path', path })
  expect(placeOfModel('builtin')).toEqual({ kind: 'builtin' })
  expect(placeOfModel('owner/name')).toEqual({ kind: 'hub', name: { repo: 'owner/name', revision: 'main' } })
  expect(placeOfModel('vit_base_patch16_224')).toEqual({ kind: 'named', name: 'vit_base_patch16_224' })
  expect(placeOfModel('hf:owner/name').kind).toBe('hub')
})
