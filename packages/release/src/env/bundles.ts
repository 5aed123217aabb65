import type { Problem } from '../problem/problem';
import type { Environment, Service } from '../environment/environment';
import type { DescriptorOptions, DescriptorPlan } from '../descriptor/descriptor';
import type { Env } from './settings';

/** A file that a container needs, because what it says does not go, or does not fit, into an environment. */
export interface PlannedFile {
  /** The absolute path in the container. */
  path: string;
  content: string;
  /** Whether the platform writes to it: then its copy is never the source. */
  writable: boolean;
  /** `host`: mounted from the host. `task`: on ECS; the task definition carries it, and writes it before the service starts. */
  how: 'host' | 'task';
}

/** Where a task on ECS finds its files: a folder that is nobody else's. In /config a volume would hide what the image or the environment's own mount has there. */
export const FILES_FOLDER = '/kdcube';

export interface BundlesPart {
  env: Env;
  files: PlannedFile[];
}

/** What the descriptor of an environment is planned with. */
export function descriptorOptions({ bundles }: Environment): DescriptorOptions {
  return { mode: bundles.mode, alwaysPull: bundles.alwaysPull, examples: bundles.examples };
}

/** Why this descriptor cannot go the way that the environment asks for; undefined where it can. */
export function descriptorProblem({ bundles }: Environment, { kind }: DescriptorPlan): Problem | undefined {
  if (kind === 'bundles-yaml' && bundles.descriptor === 'env')
    return {
      code: 'wrong-value',
      message:
        'bundles.descriptor is env, and this release’s platform reads its bundles from a file or from Secrets Manager only.',
      hint: 'descriptor: file',
    };
  if (kind === 'env-json' && bundles.descriptor === 'aws-sm')
    return {
      code: 'wrong-value',
      message: 'bundles.descriptor is aws-sm, which platforms since 2026-04-19 read; this release runs on an earlier one.',
      hint: 'descriptor: env',
    };
  return undefined;
}

/** What proc is told of its bundles: in its environment, by a file (`asFile`, or where the platform reads nothing else), or from Secrets Manager. */
export function bundleSettings(
  environment: Environment,
  service: Service,
  descriptor: DescriptorPlan,
  asFile: boolean,
): BundlesPart {
  const { AGENTIC_BUNDLES_JSON: inline, BUNDLES_YAML_DESCRIPTOR_PATH: path, ...toggles } = descriptor.env;
  if (descriptor.kind === 'bundles-yaml') {
    if (environment.bundles.descriptor === 'aws-sm')
      return { env: { ...toggles, BUNDLES_DESCRIPTOR_PROVIDER: 'aws-sm' }, files: [] };
    const file = fileFor(service, path!, descriptor.files['bundles.yaml']!, true);
    return { env: { ...toggles, BUNDLES_YAML_DESCRIPTOR_PATH: file.path }, files: [file] };
  }
  if (!asFile && environment.bundles.descriptor !== 'file')
    return { env: { ...toggles, AGENTIC_BUNDLES_JSON: inline! }, files: [] };
  const file = fileFor(service, '/config/release.yaml', descriptor.files['release.yaml']!, false);
  return { env: { ...toggles, AGENTIC_BUNDLES_JSON: file.path }, files: [file] };
}

/** `path` is where the platform's own compose files mount it. */
function fileFor({ target }: Service, path: string, content: string, writable: boolean): PlannedFile {
  if (target === 'compose') return { path, content, writable, how: 'host' };
  return { path: `${FILES_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)}`, content, writable, how: 'task' };
}
