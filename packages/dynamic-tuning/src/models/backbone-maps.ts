const backboneMap = /(?:^|\.)blocks\.\d+\.(?:attn\.(?:qkv|proj)|mlp\.(?:fc1|fc2))\.weight$/

/**
 * Whether a weight is one of the large maps inside the layers, `attn.qkv`, `attn.proj`, `mlp.fc1`, `mlp.fc2`: those that are
 * kept in fewer bits. Embedding, head, and all that a method adds are not.
 */
export function isBackboneMap(name: string): boolean {
  return backboneMap.test(name)
}
