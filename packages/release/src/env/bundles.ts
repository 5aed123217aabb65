import type { Problem } from '../problem/problem';
import type { Environment, Service } from '../environment/environment';
import type { DescriptorOptions, DescriptorPlan } from '../descriptor/descriptor';
import type { Env } from './settings';

/** A file that a container needs, because its content cannot be passed in a variable or is too large for one. */
export interface PlannedFile {
  /** The absolute path in the container. */
  path: string;
  content: string;
  /** Whether the platform writes to it: its copy is never read back then. */
  writable: boolean;
  /** `host`: mounted from the host. `task`: the ECS task definition carries it, and the task writes it before the service starts. */
  how: 'host' | 'task';
}

/** Where an ECS task finds its files. A folder of its own: a volume at /config would hide the image's files or a mount of the environment there. */
export const FILES_FOLDER = '/kdcube';

export interface BundlesPart {
  env: Env;
  files: PlannedFile[];
}

/** The options of an environment's bundle descriptor. */
export function descriptorOptions({ bundles }: Environment): DescriptorOptions {
  return { mode: bundles.mode, alwaysPull: bundles.alwaysPull, examples: bundles.examples };
}

/** Why the descriptor cannot be passed in the way that the environment asks for; undefined if it can. */
export function descriptorProblem({ bundles }: Environment, { kind }: DescriptorPlan): Problem | undefined {
  if (kind === 'bundles-yaml' && bundles.descriptor === 'env')
    return {
      code: 'wrong-value',
      message:
        'bundles.descriptor is env, but the platform of this release reads its bundles only from a file or from Secrets Manager.',
      hint: 'descriptor: file',
    };
  if (kind === 'env-json' && bundles.descriptor === 'aws-sm')
    return {
      code: 'wrong-value',
      message: 'bundles.descriptor is aws-sm, but only platforms since 2026-04-19 read it: this release runs on an earlier one.',
      hint: 'descriptor: env',
    };
  return undefined;
}

/** How proc gets the bundle descriptor: in a variable, in a file (`asFile`, or if the platform reads only files), or from Secrets Manager. */
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
