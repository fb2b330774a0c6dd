import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { fetchModel } from '../../../packages/dynamic-tuning/dist/io/hub/fetch-model.js'
import { mutatedJsonText } from '../mutate.mjs'

const commit = 'c0ffee'.padEnd(40, '0')
const file = Buffer.from('{"weight_map": {}}')
const hash = createHash('sha1').update(`blob ${file.length}\0`).update(file).digest('hex')
const description = {
  sha: commit,
  siblings: ['config.json', 'model.safetensors', 'model.safetensors.index.json'].map((rfilename) => ({
    rfilename,
  })),
}
const value = fc.constantFrom(
  '-1',
  '0',
  '18',
  '1e9',
  '10.5',
  '',
  'x',
  '99999999999999999999',
  `"${hash}"`,
  hash,
  'W/"a"',
)
const header = fc.constantFrom(
  'content-length',
  'x-linked-size',
  'etag',
  'x-linked-etag',
  'content-range',
  'x-error-message',
)
const location = fc.constantFrom(
  '/',
  '/other',
  'http://',
  'https://[',
  'file:///etc/passwd',
  'data:,x',
  '//',
  '',
  'http://127.0.0.1:1/',
)

/** The answer to one request: mostly as the hub's, with a status, headers or a cut that are not. */
const answer = fc.record({
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.constantFrom(204, 206, 302, 307, 401, 404, 416, 429, 500, 304) },
  ),
  headers: fc.array(fc.tuple(header, value), { maxLength: 2 }),
  location,
  cut: fc.constantFrom(false, false, false, false, true),
  body: fc.oneof(fc.constant(undefined), mutatedJsonText(description)),
})

function respond(request, response, { status, headers, location: place, cut, body }) {
  const described = request.url.startsWith('/api/')
  const usual = described ? Buffer.from(JSON.stringify(description)) : file
  response.setHeader('etag', `"${hash}"`)
  response.setHeader('x-linked-size', String(file.length))
  for (const [name, text] of headers) response.setHeader(name, text)
  if (status >= 300 && status < 400 && place !== '') response.setHeader('location', place)
  response.writeHead(status)
  if (cut) response.socket.destroy()
  else response.end(request.method === 'HEAD' ? undefined : (body ?? usual))
}

/** What a hub answers, read by a download into an empty cache. */
export async function hubReader() {
  let answers = []
  const server = createServer((request, response) => {
    try {
      respond(request, response, answers.shift() ?? { status: 200, headers: [], cut: false })
    } catch {
      response.socket.destroy()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const endpoint = `http://127.0.0.1:${server.address().port}`
  return {
    name: 'hub',
    share: 0.4,
    input: fc.array(answer, { minLength: 1, maxLength: 6 }).map((list) => ({
      'answers.json': JSON.stringify(list.map((each) => ({ ...each, body: each.body?.toString('base64') }))),
    })),
    async read(folder) {
      const list = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'))
      answers = list.map((each) => ({ ...each, body: each.body && Buffer.from(each.body, 'base64') }))
      const settings = { endpoint, cache: join(folder, 'cache'), offline: false, token: 'secret' }
      await fetchModel('owner/name', { settings, tries: 2, pauseSeconds: 0.001, stallSeconds: 1 })
    },
  }
}
