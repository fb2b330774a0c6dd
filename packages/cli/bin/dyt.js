#!/usr/bin/env node
// A file that is there before the build, so that npm can link it.
import module from 'node:module'

// From Node 22 on compiled code is kept between runs: commands start sooner.
module.enableCompileCache?.()
await import('../dist/main.js')
