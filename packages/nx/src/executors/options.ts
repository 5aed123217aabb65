import { generations, STAGES } from '@kdcube/release/internal';
import * as z from 'zod';

/** Options that several executors share, so that a name means the same everywhere. */
export const json = z
  .boolean()
  .default(false)
  .describe('Print one JSON object per line on stdout, and the text for people on stderr.')
  .meta({ examples: [true] });

export const dryRun = z
  .boolean()
  .default(false)
  .describe('Show what would change, without changing anything.')
  .meta({ examples: [true] });

export const offline = z
  .boolean()
  .default(false)
  .describe(
    'Do not contact git remotes: read pinned content from the local cache, and do not check that its tag still names the pinned commit.',
  )
  .meta({ examples: [true] });

export const registry = z
  .string()
  .optional()
  .describe(
    'Where images go: a host with an optional path. Default: the environment variable KDCUBE_REGISTRY, else `registry` of the plugin’s options in nx.json. Without a registry, docker-push writes to dist/images.',
  )
  .meta({ examples: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme'] });

const platformRegistry = z
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

const engine = z
  .enum(['auto', 'oci', 'buildx', 'podman'])
  .optional()
  .describe(
    'What builds the image: `oci` (no container engine; it names the Dockerfile line that needs one), docker `buildx`, `podman`, or `auto`: oci if the Dockerfile allows it, else the first engine that runs here. Default: `engine` of the plugin’s options, else auto.',
  )
  .meta({ examples: ['buildx'] });

export const args = z
  .record(z.string(), z.string())
  .default({})
  .describe(
    'Build arguments for the Dockerfile. They are part of the image’s content key and visible in its history: never pass a secret.',
  )
  .meta({ examples: [{ PYTHON_EXTRAS: 'pdf' }] });

const generation = z
  .enum(generations)
  .optional()
  .describe(
    'The platform’s generation, named by its first calendar version. Default: derived from platform.ref if that is a calendar version.',
  )
  .meta({ examples: ['2026.4.19'] });

const mode = z
  .enum(['baked', 'git'])
  .default('baked')
  .describe('How bundles reach the platform: `baked` into its images, or cloned by it (`git`).')
  .meta({ examples: ['git'] });

const alwaysPull = z
  .boolean()
  .default(false)
  .describe('In git mode, set BUNDLE_GIT_ALWAYS_PULL=1; only then may a ref be a branch.')
  .meta({ examples: [true] });

const examples = z
  .boolean()
  .default(false)
  .describe('Whether the platform also offers its own examples (BUNDLES_INCLUDE_EXAMPLES).')
  .meta({ examples: [true] });

export const environment = z
  .string()
  .optional()
  .describe(
    'The environment: the name of a file in environments/. `nx run release:plan:prod` selects it too, but Nx ignores unknown configurations: in scripts, use `--environment=prod`. Default: the only environment.',
  )
  .meta({ examples: ['prod'] });

export const offlineReceipts = z
  .boolean()
  .default(false)
  .describe('Do not contact the registry: read image digests from the receipts that docker-push left in this checkout.')
  .meta({ examples: [true] });

/** The options of every executor that builds an image. */
export const image = { registry, platformRegistry, platform, engine, args, offline, json };

/** The options that the rules of a release depend on. */
export const release = { generation, mode, alwaysPull, examples };

/** Minutes in which the services of a wave must become healthy on a host, unless the option says otherwise. */
export const HOST_TIMEOUT = 10;
/** Minutes of a rollout on ECS. */
export const ECS_TIMEOUT = 40;

/** The options of every executor that updates services. */
export const rollout = {
  onFailure: z
    .enum(['rollback', 'stop'])
    .default('rollback')
    .describe(
      'What to do when a wave fails: roll back every updated service (`rollback`), or leave them as they are (`stop`). BUNDLES_FORCE_ENV_ON_STARTUP is removed from proc either way.',
    )
    .meta({ examples: ['stop'] }),
  timeout: z
    .number()
    .min(1)
    .default(ECS_TIMEOUT)
    .describe(
      'Time limit of one rollout, in minutes. The ECS deployment circuit breaker needs 12 to 17 minutes; a shorter limit ends the rollout before its verdict.',
    )
    .meta({ examples: [60] }),
  waitUntil: z
    .enum(STAGES)
    .optional()
    .describe(
      'Do not wait for the end of a deployment with a native strategy (BLUE_GREEN, LINEAR, CANARY), but for a stage of it: `BAKE_TIME` ends once all production traffic goes to the new revision. ECS continues on its own, and may still roll back, so this is not a success yet; the same command without the option follows it to its verdict.',
    )
    .meta({ examples: ['BAKE_TIME'] }),
  wait: z
    .number()
    .min(0)
    .default(0)
    .describe('Minutes to wait for another deploy of the same environment. 0: fail at once, and name that deploy.')
    .meta({ examples: [30] }),
};

/** The time limit of a target that deploys to ECS or to a host. */
export const anyTimeout = z
  .number()
  .min(1)
  .optional()
  .describe(
    `Time limit in minutes: of the whole rollout on ECS (default ${ECS_TIMEOUT}), of each wave on a host (default ${HOST_TIMEOUT}).`,
  )
  .meta({ examples: [60] });

export const overwriteDescriptor = z
  .boolean()
  .default(false)
  .describe(
    'On a host: overwrite a bundles.yaml that the platform’s Bundle Admin or a person has edited since the last deploy. The plan names such a file.',
  )
  .meta({ examples: [true] });

export const hostTimeout = z
  .number()
  .min(1)
  .default(HOST_TIMEOUT)
  .describe('Minutes in which the services of a wave must become healthy on the host.')
  .meta({ examples: [30] });
