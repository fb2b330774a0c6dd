import { writeFileSync } from 'node:fs'
import { tuners } from 'dynamic-tuning/models'
import { methodsPage } from 'dynamic-tuning/report'

/** Writes docs/methods.md from the registry of methods. Run it after a change: npm run methods-doc. */
writeFileSync(new URL('../docs/methods.md', import.meta.url), methodsPage(tuners))
