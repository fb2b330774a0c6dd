/**
 * Models and methods: backbones, heads, hooks, tuning methods, token reduction, the network made of them, its
 * weights, and its compiled passes.
 */

export {
  Classifier,
  type ClassifierSettings,
  type ClassifyOptions,
  type Prediction,
} from './evaluation/classifier.ts'
export { type Backbone, drawWeights, type FitOptions } from './models/backbone.ts'
export type { BackboneConfig } from './models/backbone-config.ts'
export { type BuildOptions, buildModel, type ModelOutputs, modelShapes } from './models/build-model.ts'
export type { CheckpointConfig } from './models/checkpoints/checkpoint-config.ts'
export type { ModelHint } from './models/checkpoints/checkpoint-form.ts'
export type { Head, HeadPlace, LogitOutputs, Named, Tapped } from './models/head.ts'
export type { ClassifierOutputs } from './models/heads/classify.ts'
export { type GlobalPool, globalPools } from './models/heads/global-pool.ts'
export {
  type SegmentationHeadName,
  type SegmentationSettings,
  segmentationHeads,
} from './models/heads/segmentation/settings.ts'
export { withSegmentation } from './models/heads/segmentation/with-segmentation.ts'
export type {
  AttentionPart,
  LayerPart,
  MlpPart,
  ModelHooks,
  ModelPlace,
  Place,
  SitePlace,
  Stages,
} from './models/hooks.ts'
export type { LayerSizes } from './models/layer-sizes.ts'
export { type Model, modelOf, type SampledBackbone } from './models/model.ts'
export type { ModelConfig, SwinModelConfig, VitModelConfig } from './models/model-config.ts'
export { modelConfig, type SegmentationChoice } from './models/named-model.ts'
export type { SampleSettings } from './models/samples/layout-of.ts'
export { type SampleLayout, sampleInput } from './models/samples/sample-layout.ts'
export type { Sites } from './models/sites.ts'
export type { BackboneStages } from './models/stages.ts'
export type { SwinConfig } from './models/swin/swin-config.ts'
export type { Tap, Taps } from './models/taps.ts'
export { tokenCount, type VitConfig } from './models/vit/vit-config.ts'
export { vitConfig } from './models/vit/vit-names.ts'
export type { VitdetConfig } from './models/vitdet/vitdet-config.ts'
export { checkNetwork } from './network/check-network.ts'
export { type Network, network } from './network/network.ts'
export type { Outputs } from './network/outputs.ts'
export type { ChosenParts, NetworkParts } from './network/parts.ts'
export type {
  CompletePass,
  InferenceKind,
  InferencePass,
  NetworkOutputs,
  NetworkPass,
  TrainPass,
} from './network/pass.ts'
export type { WeightBuffer } from './nn/buffer.ts'
export type { Initializer } from './nn/initializers.ts'
export type { AfterLinear } from './nn/linear.ts'
export type { PairBias } from './nn/pair-bias.ts'
export type { AttentionMix } from './nn/self-attention.ts'
export { WeightStore, type Weights } from './nn/weight-store.ts'
export {
  type GivenReduction,
  noReduction,
  type ReductionOptions,
  reductionOptions,
} from './reduction/options.ts'
export type {
  KeepDecision,
  ReducedModel,
  Reduction,
  ReductionMode,
  ReductionPass,
} from './reduction/reduction.ts'
export { reductions } from './reduction/registry.ts'
export { checkTuning, completeOptions, type GivenOptions } from './tuners/check-tuning.ts'
export type { GateShape } from './tuners/dispatch-inputs.ts'
export type { UsedOption } from './tuners/method-options.ts'
export { type Subnet, type SubnetModule, subnetModules } from './tuners/noah-supernet.ts'
export type {
  DispatchOptions,
  LowRankOptions,
  ModuleOptions,
  PromptOptions,
  SubnetOptions,
  TunerOptions,
} from './tuners/options.ts'
export type { Part, Site } from './tuners/parts.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export type {
  BlockForm,
  Dispatch,
  Dropout,
  DropoutSites,
  Pass,
  Tensors,
  Tuner,
  TunerPass,
} from './tuners/tuner.ts'
