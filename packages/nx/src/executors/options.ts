import { generations } from '@kdcube/release/internal';
import * as z from 'zod';

/** Options that several executors share, so that one word means one thing everywhere. */
export const json = z
  .boolean()
  .default(false)
  .describe('Print one JSON object a line on stdout; the words for people go to stderr.')
  .meta({ examples: [true] });

export const dryRun = z
  .boolean()
  .default(false)
  .describe('Go the same way, one step shorter: say what would be done, write nothing.')
  .meta({ examples: [true] });

export const offline = z
  .boolean()
  .default(false)
  .describe(
    'Ask no remote: take pinned content from the cache on this machine, and do not check that its tag still names the pinned commit.',
  )
  .meta({ examples: [true] });

export const registry = z
  .string()
  .optional()
  .describe(
    'Where images go: a host with an optional path. Default: the environment variable KDCUBE_REGISTRY, else `registry` of the plugin’s options in nx.json, else no registry: docker-push then writes to dist/images.',
  )
  .meta({ examples: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme'] });

export const platformRegistry = z
  .string()
  .optional()
  .describe(
    'Where the platform’s images are. Default: the environment variable KDCUBE_PLATFORM_REGISTRY, else `platformRegistry` of the plugin’s options, else the registry.',
  )
  .meta({ examples: ['docker.io/kdcube'] });

export const platform = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, 'it is a platform, such as linux/amd64')
  .optional()
  .describe('The OCI platform of the image. Default: `platform` of the plugin’s options, else linux/amd64.')
  .meta({ examples: ['linux/arm64'] });

export const engine = z
  .enum(['auto', 'oci', 'buildx', 'podman'])
  .optional()
  .describe(
    'What builds: `oci` needs no container engine, and names the line of a Dockerfile that does; docker `buildx`; `podman`; `auto` is oci where the Dockerfile allows it, else the first engine that runs here. Default: `engine` of the plugin’s options, else auto.',
  )
  .meta({ examples: ['buildx'] });

export const args = z
  .record(z.string(), z.string())
  .default({})
  .describe(
    'Build arguments for the Dockerfile. They are part of the image’s content key and stand in its history: never a secret.',
  )
  .meta({ examples: [{ PYTHON_EXTRAS: 'pdf' }] });

export const generation = z
  .enum(generations)
  .optional()
  .describe(
    'The platform’s generation, by the day from which on it holds. Default: by platform.ref where that is a calendar version.',
  )
  .meta({ examples: ['2026.4.19'] });

export const mode = z
  .enum(['baked', 'git'])
  .default('baked')
  .describe('How bundles reach the platform: `baked` into its images, or cloned by it (`git`).')
  .meta({ examples: ['git'] });

export const alwaysPull = z
  .boolean()
  .default(false)
  .describe('In git mode, set BUNDLE_GIT_ALWAYS_PULL=1; only then may a ref be a branch.')
  .meta({ examples: [true] });

export const examples = z
  .boolean()
  .default(false)
  .describe('Whether the platform also offers its own examples (BUNDLES_INCLUDE_EXAMPLES).')
  .meta({ examples: [true] });

export const environment = z
  .string()
  .optional()
  .describe(
    'The environment: the name of a file in environments/. `nx run release:plan:prod` names it too; Nx drops a name there that no environment has. Default: the only one there is.',
  )
  .meta({ examples: ['prod'] });

export const offlineReceipts = z
  .boolean()
  .default(false)
  .describe('Ask no registry: take the digests of images from the receipts that docker-push left in this checkout.')
  .meta({ examples: [true] });

/** The options of everything that makes an image. */
export const image = { registry, platformRegistry, platform, engine, args, offline, json };

/** The options on which the rules of a release depend. */
export const release = { generation, mode, alwaysPull, examples };

/** The options of everything that rolls services. */
export const rollout = {
  onFailure: z
    .enum(['rollback', 'stop'])
    .default('rollback')
    .describe(
      'What happens after a wave that failed: everything that was updated goes back (`rollback`), or stays as it is (`stop`). proc is never left with a FORCE flag on.',
    )
    .meta({ examples: ['stop'] }),
  timeout: z
    .number()
    .min(1)
    .default(40)
    .describe('Minutes for one rollout. ECS’s own circuit breaker takes 12 to 17: less than that decides by accident.')
    .meta({ examples: [60] }),
  wait: z
    .number()
    .min(0)
    .default(0)
    .describe('Minutes to wait for somebody else’s deploy of the environment. 0: it is refused, by name.')
    .meta({ examples: [30] }),
};
