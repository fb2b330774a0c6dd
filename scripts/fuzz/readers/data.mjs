import { join } from 'node:path'
import fc from 'fast-check'
import { openDataset } from '../../../packages/dynamic-tuning/dist/data/dataset.js'
import { imageReader } from '../../../packages/dynamic-tuning/dist/data/sources/read-image.js'
import { decodeFrames } from '../../../packages/dynamic-tuning/dist/data/sources/video/decode-frames.js'
import { indexVideo } from '../../../packages/dynamic-tuning/dist/data/sources/video/index-video.js'
import { tarEnd, tarEntry } from '../../../packages/dynamic-tuning/dist/data/testing/files.js'
import { crc32 } from '../../../packages/dynamic-tuning/dist/io/formats/zip/crc32.js'
import * as mat from '../../../packages/dynamic-tuning/dist/io/mat/mat.test.support.js'
import { mutated, mutatedJsonText, words } from '../mutate.mjs'
import { picture, videos } from './valid.mjs'

/** Opens a dataset, and reads its first images. */
async function readData(folder) {
  const { kind, train, test } = await openDataset(folder)
  if (kind === 'clips') return
  const reader = imageReader()
  try {
    for (const { source } of [...train.slice(0, 2), ...test.slice(0, 1)]) await reader.read(source)
  } finally {
    reader.close()
  }
}

/** A dataset's files, one of which is changed. */
function dataset(name, files, { share = 0.5 } = {}) {
  const changes = Object.entries(files).flatMap(([file, content]) => {
    if (/\.(png|jpg|JPEG|mp4)$/.test(file)) return []
    const changed = file.endsWith('.json')
      ? mutatedJsonText(JSON.parse(content))
      : mutated([Buffer.from(content)])
    return [changed.map((bytes) => ({ ...files, [file]: bytes }))]
  })
  return { name, share, input: fc.oneof(...changes), read: readData }
}

/** The entries of an archive with fields changed, and their checksums made right again. */
function withChecksums(bytes) {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue
    bytes.fill(32, at + 148, at + 156)
    const sum = bytes.subarray(at, at + 512).reduce((a, b) => a + b, 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
  }
  return bytes
}

/** A pax record of an archive, with its own length. */
function pax(text) {
  const length = [3, 4].map((more) => text.length + more).find((each) => `${each} ${text}\n`.length === each)
  return tarEntry('pax', `${length} ${text}\n`, 'x')
}

/** Archives of entries of any type, with odd names, sizes, and pax records whose own lengths are right. */
const word = fc.constantFrom(...words, '.', './/', 'cat/2.png', 'a'.repeat(300))
const lengths = [
  '-1',
  '-512',
  '-1024',
  '-1536',
  '-2048',
  '10.5',
  '0',
  '600',
  '1e300',
  '99999999999',
  '0x10',
  '',
]
const record = fc
  .oneof(
    fc.tuple(fc.constantFrom('path', 'linkpath', 'mtime', 'size'), word),
    fc.tuple(fc.constant('size'), fc.constantFrom(...lengths)),
  )
  .map(([key, text]) => pax(`${key}=${text}`))
const sizes = ['-0000001000', '7777777777', '\x80\0\0\0', '\xff\xff\xff\xff', '8', ' 12 ', '']
const entry = fc.oneof(
  record,
  fc
    .tuple(word, fc.constantFrom('0', '5', 'L', 'x', 'g', '2', 'K', '7', '\0'))
    .map(([name, type]) => tarEntry(name.slice(0, 99), name, type)),
  fc.constantFrom(...sizes).map((size) => {
    const bytes = tarEntry('cat/3.png', 'x'.repeat(600))
    bytes.write(size.padEnd(12, '\0'), 124, 'latin1')
    return bytes
  }),
)
const archive = fc.noBias(fc.array(entry, { minLength: 1, maxLength: 6 }))

/** A PNG whose chunks have right checksums, so that their changed fields are read. */
function pngChecked(bytes) {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    if (length > bytes.length - at - 12) break
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length)
    at += 12 + length
  }
  return bytes
}

function sets(png) {
  const images = (...names) => Object.fromEntries(names.map((name) => [name, png]))
  return [
    dataset('set-food101', {
      ...{ 'meta/classes.txt': 'apple_pie\nribs\n', 'meta/labels.txt': 'Apple pie\nRibs\n' },
      ...{ 'meta/train.txt': 'ribs/7\napple_pie/12\n', 'meta/test.txt': 'apple_pie/5\n' },
      ...images('images/apple_pie/12.jpg', 'images/apple_pie/5.jpg', 'images/ribs/7.jpg'),
    }),
    dataset('set-pets', {
      'annotations/trainval.txt': 'Abyssinian_100 1 1 1\nbulldog_2 2 2 1\n',
      'annotations/test.txt': 'bulldog_203 2 2 1\n',
      ...images('images/Abyssinian_100.jpg', 'images/bulldog_2.jpg', 'images/bulldog_203.jpg'),
    }),
    dataset('set-dtd', {
      'labels/train1.txt': 'banded/banded_2.jpg\nwoven/woven_1.jpg\n',
      ...{ 'labels/val1.txt': 'banded/banded_5.jpg\n', 'labels/test1.txt': 'woven/woven_3.jpg\n' },
      ...images('images/banded/banded_2.jpg', 'images/banded/banded_5.jpg', 'images/woven/woven_1.jpg'),
      ...images('images/woven/woven_3.jpg'),
    }),
    dataset('set-tiny-imagenet', {
      ...{ 'wnids.txt': 'n02\nn01\n', 'words.txt': 'n01\tgoldfish, Carassius\nn02\tfrog\n' },
      'val/val_annotations.txt': 'val_0.JPEG\tn02\t0\t32\t44\t62\nval_1.JPEG\tn01\t0\t0\t63\t63\n',
      ...images('train/n01/images/n01_0.JPEG', 'train/n02/images/n02_0.JPEG', 'val/images/val_0.JPEG'),
      ...images('val/images/val_1.JPEG'),
    }),
    dataset('set-aircraft', {
      'data/variants.txt': '707-320\nF/A-18\n',
      'data/images_variant_train.txt': '0034309 F/A-18\n0034958 707-320\n',
      ...{
        'data/images_variant_val.txt': '1042824 707-320\n',
        'data/images_variant_test.txt': '1340192 F/A-18\n',
      },
      ...images('data/images/0034309.jpg', 'data/images/0034958.jpg', 'data/images/1042824.jpg'),
      ...images('data/images/1340192.jpg'),
    }),
    dataset('set-svhn', {
      'train_32x32.mat': mat.matFile(
        { X: mat.uint8([4, 4, 3, 2], new Uint8Array(96)), y: mat.compactDouble([2, 1], [1, 10]) },
        { compressed: false },
      ),
      'test_32x32.mat': mat.matFile({
        X: mat.uint8([4, 4, 3], new Uint8Array(48)),
        y: mat.compactDouble([1, 1], [1]),
      }),
    }),
    dataset('set-flowers', {
      'imagelabels.mat': mat.matFile({ labels: mat.double([1, 3], [1, 2, 2]) }, { compressed: false }),
      'setid.mat': mat.matFile(
        { trnid: mat.double([1, 1], [1]), valid: mat.double([1, 1], [2]), tstid: mat.double([1, 1], [3]) },
        { compressed: false },
      ),
      ...images('jpg/image_00001.jpg', 'jpg/image_00002.jpg', 'jpg/image_00003.jpg'),
    }),
    dataset('set-cars', cars(images)),
    dataset('set-cifar10', cifar()),
  ]
}

function cars(images) {
  const rows = (name) => mat.structs([{ class: mat.double([1, 1], [1]), fname: mat.text(name) }])
  const file = (variables) => mat.matFile(variables, { compressed: false })
  return {
    'devkit/cars_meta.mat': file({ class_names: mat.cells([mat.text('Audi'), mat.text('VW')]) }),
    'devkit/cars_train_annos.mat': file({ annotations: rows('00001.jpg') }),
    'cars_test_annos_withlabels.mat': file({ annotations: rows('00002.jpg') }),
    ...images('cars_train/00001.jpg', 'cars_test/00002.jpg'),
  }
}

function cifar() {
  const record = Buffer.alloc(3073, 1)
  const batches = [1, 2, 3, 4, 5].map((n) => [`data_batch_${n}.bin`, record])
  return { 'batches.meta.txt': 'a\nb\n', ...Object.fromEntries(batches), 'test_batch.bin': record }
}

/** Readers of images, videos, lists, tables, archives and published sets. */
export async function dataReaders(home) {
  const png = await picture('png')
  const formats = [
    png,
    ...(await Promise.all(['jpeg', 'webp', 'gif', 'tiff', 'avif'].map((each) => picture(each)))),
  ]
  const [clips, images] = [videos(home), { '1.png': png, 'a b.png': png, 'b/2.png': png }]
  const tar = Buffer.concat([
    ...[tarEntry('cat/1.png', png), pax('path=cat/long.png'), tarEntry('x', png)],
    ...[pax(`size=${png.length}`), tarEntry('dog/1.png', png), tarEntry('dog/2.png', png), tarEnd],
  ])
  const list = '1.png 0\na b.png 1\nb/2.png 0 1\n'
  return [
    {
      name: 'image',
      share: 1.5,
      input: fc.oneof(mutated(formats), mutated([png]).map(pngChecked)).map((bytes) => ({ 'a.png': bytes })),
      read: (folder) => imageReader().read({ kind: 'file', path: join(folder, 'a.png') }),
    },
    {
      name: 'tar',
      share: 2,
      input: fc
        .oneof(
          mutated([tar]).map(withChecksums),
          mutated([tar]),
          archive.map((entries) => withChecksums(Buffer.concat([...entries, tar]))),
        )
        .map((bytes) => ({ 'train.tar': bytes })),
      read: readData,
    },
    dataset(
      'lists',
      {
        ...images,
        ...{
          'train800val200.txt': list,
          'test.txt': list,
          'classes.json': '["a", "b"]',
        },
      },
      { share: 2 },
    ),
    dataset('list-of-numbers', { ...images, 'train800val200.txt': list, 'test.txt': list }),
    dataset(
      'labels-csv',
      {
        ...images,
        ...{
          'labels.csv': 'image,labels,split\n1.png,a;b,train\n"a b.png",b,train\nb/2.png,a,test\n',
          'classes.txt': 'a\nb\n',
        },
      },
      { share: 2 },
    ),
    dataset('marked-csv', { ...images, 'labels.csv': 'image,a,b\n1.png,1,0\na b.png,0,1\nb/2.png,1,1\n' }),
    dataset('clip-list', {
      'train.csv': 'v/a.mp4 0\nv/b.mp4,1\n',
      'val.csv': 'v/a.mp4 1\n',
      'v/a.mp4': 'x',
      'v/b.mp4': 'x',
    }),
    dataset('kinetics', {
      'kinetics-400_train.csv':
        'label,youtube_id,time_start,time_end,split\n"a, b",q-q,0,10,train\nc,zz,5,15,train\n',
      ...{ 'train/a/q-q_000000_000010.mp4': 'x', 'train/b/zz_000005_000015.mp4': 'x' },
    }),
    dataset('something', {
      'something-something-v2-train.json':
        '[{"id": "1", "label": "x", "template": "Put [it]"}, {"id": 2, "template": "Go"}]',
      ...{ 'labels.json': '{"Put it": "0", "Go": "1"}', '1.mp4': 'x', '2.mp4': 'x' },
    }),
    ...sets(png),
    ...(clips.length === 0 ? [] : [videoReader(clips)]),
  ]
}

function videoReader(clips) {
  return {
    name: 'video',
    share: 0.06,
    input: mutated(clips).map((bytes) => ({ 'a.mp4': bytes })),
    async read(folder) {
      const path = join(folder, 'a.mp4')
      const index = await indexVideo(path)
      await decodeFrames(path, index, [0, index.times.length - 1], 16)
    },
  }
}
