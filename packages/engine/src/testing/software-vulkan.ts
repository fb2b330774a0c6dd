import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian's chromium keeps its software Vulkan. */
const folder = '/usr/lib/chromium'
const loaders = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1']

/**
 * Environment in which a process finds a software Vulkan, or why there is none. A Vulkan driver named by the
 * caller's VK_DRIVER_FILES is kept.
 */
export function softwareVulkan(): { env: NodeJS.ProcessEnv } | { missing: string } {
  const driver = process.env.VK_DRIVER_FILES ?? join(folder, 'vk_swiftshader_icd.json')
  if (!existsSync(driver)) return { missing: `no Vulkan driver at ${driver} (Debian's chromium has one)` }
  const env = { ...process.env, VK_DRIVER_FILES: driver }
  if (loaders.some((path) => existsSync(path))) return { env }
  if (!existsSync(join(folder, 'libvulkan.so.1')))
    return { missing: 'no libvulkan.so.1 (Debian: libvulkan1)' }
  return { env: { ...env, LD_LIBRARY_PATH: folder } }
}
