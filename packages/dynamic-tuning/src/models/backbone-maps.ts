const backboneMap = /(?:^|\.)blocks\.\d+\.(?:attn\.(?:qkv|proj)|mlp\.(?:fc1|fc2))\.weight$/

/**
 * True for the large linear maps inside the layers (`attn.qkv`, `attn.proj`, `mlp.fc1`, `mlp.fc2`), which can
 * be stored in fewer bits. Embedding, head and weights that a method adds are not among them.
 */
export function isBackboneMap(name: string): boolean {
  return backboneMap.test(name)
}
