import { environmentFile, type Environment, KdcubeError } from '@kdcube/release/internal';
import type { ReleasedOptions } from '../images/released-images';
import { readTrustedKeys } from '../images/signatures/trusted-keys';
import type { TrustOptions } from '../images/verify/verify';
import type { PluginOptions } from '../plugin-options';
import { resolveRegistries } from '../workspace/registries';

type ImageOptions = TrustOptions & Pick<ReleasedOptions, 'signedFor'> & { platform?: string };

/**
 * How the images of the release are found and verified: an option of the target, else of the plugin. What proves an image is an option of the plugin, or of the environment that the images are for.
 * Problem `signing-key` for trusted keys that cannot be read.
 */
export function releaseImageOptions(
  root: string,
  options: { registry?: string; platformRegistry?: string; platform?: string },
  plugin: PluginOptions,
  environment?: Environment,
): ImageOptions {
  const { engine, trustRegistry } = plugin;
  const { keys = plugin.signatureKeys ?? [], required = false } = environment?.signatures ?? {};
  if (environment && required && keys.length === 0) throw noTrustedKeys(environment.name);
  return {
    registries: resolveRegistries(options, plugin),
    engine,
    trustRegistry,
    trustedKeys: readTrustedKeys(root, keys),
    ...(environment && required && { signedFor: environment.name }),
    platform: options.platform ?? plugin.platform,
  };
}

function noTrustedKeys(environment: string): KdcubeError {
  return new KdcubeError({
    code: 'signing-key',
    message: `${environment} requires signatures, but names no key that is trusted.`,
    hint: 'signatures: {required: true, keys: [keys/release.pub]}    or signatureKeys in the options of @kdcube/nx',
    at: { file: environmentFile(environment), path: 'signatures' },
  });
}
