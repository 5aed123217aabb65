import type { TrustOptions } from '../images/verify/verify';
import type { PluginOptions } from '../plugin-options';
import { resolveRegistries } from '../workspace/registries';

/** How the images of the release are found and verified: an option of the target, else of the plugin. What proves an image is an option of the plugin alone. */
export function releaseImageOptions(
  options: { registry?: string; platformRegistry?: string; platform?: string },
  plugin: PluginOptions,
): TrustOptions & { platform?: string } {
  const { engine, trustRegistry } = plugin;
  return { registries: resolveRegistries(options, plugin), engine, trustRegistry, platform: options.platform ?? plugin.platform };
}
