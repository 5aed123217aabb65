import type { ReleaseOptions } from '@kdcube/release/internal';

/** The plugin's options in nx.json. Every one has a default; docs/executors.md lists them (options-docs.ts). */
export interface PluginOptions extends ReleaseOptions {
  /** Where images go: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme`. `--registry` and KDCUBE_REGISTRY win over it. */
  registry?: string;
  /** Where the platform's images are, when it is not `registry`. KDCUBE_PLATFORM_REGISTRY wins over it. */
  platformRegistry?: string;
  /** The OCI platform of the images. Default: linux/amd64. */
  platform?: string;
  /** What builds images: `oci` (no container engine), `buildx`, `podman`, or `auto`: oci where the Dockerfile allows it, else the first engine that runs. Default: auto. */
  engine?: 'auto' | 'oci' | 'buildx' | 'podman';
  /** What customer tags begin with. Default: customer. */
  tagPrefix?: string;
  /** Whether docker-push runs boot first, for images that hold bundles. Default: false. */
  bootBeforePush?: boolean;
  testTargetName?: string;
  stageTargetName?: string;
  dockerBuildTargetName?: string;
  dockerPushTargetName?: string;
  bootTargetName?: string;
  validateTargetName?: string;
  descriptorTargetName?: string;
  envTargetName?: string;
  planTargetName?: string;
  verifyTargetName?: string;
  importEcsTargetName?: string;
  importComposeTargetName?: string;
  deployEcsTargetName?: string;
  rollbackTargetName?: string;
  statusTargetName?: string;
  historyTargetName?: string;
  tagTargetName?: string;
}

export const TARGET_NAMES = {
  test: 'test',
  stage: 'stage',
  'docker-build': 'docker-build',
  boot: 'boot',
  'docker-push': 'docker-push',
  validate: 'validate',
  descriptor: 'descriptor',
  env: 'env',
  plan: 'plan',
  verify: 'verify',
  'import-ecs': 'import-ecs',
  'import-compose': 'import-compose',
  'deploy-ecs': 'deploy-ecs',
  rollback: 'rollback',
  status: 'status',
  history: 'history',
  tag: 'tag',
} as const;

export type Verb = keyof typeof TARGET_NAMES;

/** The name under which a verb is a target here. */
export function targetName(verb: Verb, options: PluginOptions): string {
  const option = `${verb.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}TargetName` as keyof PluginOptions;
  return (options[option] as string | undefined) ?? TARGET_NAMES[verb];
}

/** The plugin's options as nx.json has them; nothing where the plugin is not listed, or listed by name only. */
export function pluginOptions(
  nxJson: { plugins?: readonly (string | { plugin: string; options?: unknown })[] } | undefined,
): PluginOptions {
  const entry = nxJson?.plugins?.find((plugin) => typeof plugin !== 'string' && plugin.plugin === '@kdcube/nx');
  return entry && typeof entry !== 'string' ? ((entry.options as PluginOptions | undefined) ?? {}) : {};
}
