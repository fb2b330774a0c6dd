import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Folder of the software Vulkan driver in Debian's chromium. */
const folder = '/usr/lib/chromium'
const loaders = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1']

/**
 * Environment variables with which a process finds a software Vulkan driver, or why there is none. A driver
 * already named by VK_DRIVER_FILES is kept.
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
