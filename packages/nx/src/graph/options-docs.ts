import type { PluginOptions } from './options';
import { TARGET_NAMES } from './options';

interface OptionDoc {
  fallback?: string;
  meaning: string;
}

const targets = Object.fromEntries(
  Object.entries(TARGET_NAMES).map(([verb, name]) => [
    `${verb.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}TargetName`,
    { fallback: name, meaning: `The name of the target \`${verb}\`.` },
  ]),
) as Record<Extract<keyof PluginOptions, `${string}TargetName`>, OptionDoc>;

/** Every option of the plugin, for docs/executors.md. The type keeps it whole. */
export const PLUGIN_OPTIONS: Record<keyof PluginOptions, OptionDoc> = {
  registry: { meaning: 'Where images go: a host with an optional path. `--registry` and KDCUBE_REGISTRY win over it.' },
  platformRegistry: {
    meaning: 'Where the platform’s images are, when not in `registry`. KDCUBE_PLATFORM_REGISTRY wins over it.',
  },
  platform: { fallback: 'linux/amd64', meaning: 'The OCI platform of the images.' },
  engine: {
    fallback: 'auto',
    meaning:
      'What builds images: `oci` (no container engine), `buildx`, `podman`, or `auto`: oci where the Dockerfile allows it, else the first engine that runs.',
  },
  tagPrefix: { fallback: 'customer', meaning: 'What people’s tags begin with.' },
  generation: { meaning: 'The platform’s generation. Default: by platform.ref where that is a calendar version.' },
  mode: { fallback: 'baked', meaning: 'How bundles reach the platform: `baked` or `git`.' },
  alwaysPull: { fallback: 'false', meaning: 'In git mode, BUNDLE_GIT_ALWAYS_PULL=1; only then may a ref be a branch.' },
  examples: { fallback: 'false', meaning: 'Whether the platform also offers its own examples.' },
  bootBeforePush: {
    fallback: 'false',
    meaning:
      'Whether `docker-push` runs `boot` first, for every image that holds bundles. It forwards its own options. By hand, in targetDefaults of nx.json: `{"docker-push": {"dependsOn": [{"target": "boot", "params": "forward"}]}}`.',
  },
  ...targets,
};
