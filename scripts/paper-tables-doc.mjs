import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Replaces every block of docs/paper-tables.md by the output of the command in its heading: npm run paper-tables-doc. */
const page = new URL('../docs/paper-tables.md', import.meta.url)
const dyt = fileURLToPath(new URL('../packages/cli/bin/dyt.js', import.meta.url))
const written = readFileSync(page, 'utf8').replaceAll(
  /(## `dyt (flops --table \d+)`\n\n```\n)[\s\S]*?```/g,
  (_all, heading, command) => {
    const env = { ...process.env, NO_COLOR: '1' }
    return `${heading}${execFileSync(process.execPath, [dyt, ...command.split(' ')], { env, encoding: 'utf8' }).trimEnd()}\n\`\`\``
  },
)
writeFileSync(page, written)
