import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { readSafetensors } from '../io/safetensors.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { classTargets } from '../tasks/classification/loss.ts'
import type { StepBatch } from '../training/step-feeds.ts'
import { backboneFields, backboneVit } from './backbone-settings.ts'
import { type Fixture, fixtureConfig, fixtureInput } from './fixture.ts'

/** A fixture of a method on a backbone shared by many fixtures. */
export interface BackboneFixture {
  readonly fixture: Fixture
  /** `method` of config.json. */
  readonly method: string
  readonly config: VitModelConfig
  /** `hyper_parameters` of config.json, to be checked by the fixture's kind. */
  readonly hyperParameters: Readonly<Record<string, unknown>>
  /** The backbone's weights, overridden by the folder's own, under timm names. */
  readonly tensors: ReadonlyMap<string, TensorData>
  /** Names of the weights in the folder itself. */
  readonly own: ReadonlySet<string>
}

/**
 * Opens the weights of such a fixture: the file named by `backbone.weights` in config.json, overridden by the
 * folder's own `weights.safetensors` if there is one.
 * @throws ConfigError naming the unsupported field; CheckpointError for files that are missing or damaged
 */
export function openBackboneFixture(fixture: Fixture): BackboneFixture {
  const fields = fixtureConfig(fixture, backboneFields)
  const backbone = readSafetensors(resolve(fixture.folder, fields.backbone.weights))
  const path = join(fixture.folder, 'weights.safetensors')
  const own = existsSync(path) ? readSafetensors(path) : new Map<string, TensorData>()
  return {
    fixture,
    method: fields.method,
    config: backboneVit(fields),
    hyperParameters: fields.hyper_parameters,
    tensors: new Map([...backbone, ...own]),
    own: new Set(own.keys()),
  }
}

/** The fixture's images and labels as one batch of a training step. */
export function backboneBatch({ fixture, config }: BackboneFixture): StepBatch {
  const labels = fixtureInput(fixture, 'labels').data as BigInt64Array
  const images = fixtureInput(fixture, 'images').data as Float32Array
  return { images, targets: classTargets(labels, { classes: config.numClasses }), size: labels.length }
}
