import { KdcubeError } from '../../../problem/problem';
import { sortKeys } from '../../../deploy/normalize-descriptor';
import { isMapping } from '../../../document/layers';
import type { Environment, HealthCheck, Service } from '../../../environment/environment';
import { healthCommand } from '../../../environment/health-command';
import type { ServiceEnv } from '../../../env/env';
import { envFile } from '../../../env/env-file';
import { BUNDLES_ROOT } from '../../../release/release';
import type { Mapping } from '../compose-file/compose-merge';
import { type BaseMount, escapeDollars, mountsOf, unescapeDollars, variablesOf } from './base-config';
import { type ConfigFile, type HostFile, hostFile, sha256 } from './host-files';
import type { OverrideKey } from './override-text';

/** The label with the hash of everything that a service was started with. */
export const HASH_LABEL = 'io.kdcube.service-hash';

export interface RenderedService {
  service: string;
  serviceName: string;
  hash: string;
  /** The hash of what the host's own compose file says of it. */
  baseHash: string;
  keys: OverrideKey[];
  files: HostFile[];
  /** Files that the platform edits too. */
  configFiles: ConfigFile[];
  /** The path of the one with its variables. */
  envFile: string;
  /** Variables that the compose file sets, and the environment in another way: the environment's value counts. */
  overridden: string[];
  hasHealthCheck: boolean;
}

export interface RenderServiceInput {
  environment: Environment;
  service: Service;
  rendered: ServiceEnv;
  /** What the host's compose file says of the service. */
  base: Mapping;
  /** What stands for the content of each secret file, by its path: a keyed hash that the host made. */
  secretStamps: ReadonlyMap<string, string>;
}

/** A service as our compose file describes it: image, env files, mounts and health check. The rest is the host's own compose file. */
export function renderService(input: RenderServiceInput): RenderedService {
  const { environment, service, rendered, base, secretStamps } = input;
  const { directory = '' } = environment.compose;
  const absolute = (path: string) => (path.startsWith('/') ? path : `${directory}/${path}`);
  const variables = hostFile(envFileName(service), envFile(rendered.env), 0o600);
  const mounted = rendered.files
    .filter(({ writable }) => !writable)
    .map(({ path, content }) => ({ path, file: hostFile(path.slice(path.lastIndexOf('/') + 1), content, 0o644) }));
  const configFiles = rendered.files
    .filter(({ writable }) => writable)
    .map(({ path, content }) => ({ path: mountedAt(path, input), content }));
  const secrets = [...new Set(Object.values(rendered.secrets))];
  const overridden = overriddenVariables(base, rendered);
  const hasHealthCheck = base.healthcheck !== undefined || service.health !== undefined;
  const keys: OverrideKey[] = [
    { key: 'image', how: 'merge', value: escapeDollars(rendered.image) },
    ...['build', 'container_name', 'pull_policy'].flatMap((key): OverrideKey[] =>
      base[key] === undefined ? [] : [{ key, how: 'reset' }],
    ),
    { key: 'env_file', how: 'override', value: [variables.path, ...secrets].map((path) => escapeDollars(absolute(path))) },
    ...(overridden.length > 0 ? [environmentKey(overridden, rendered)] : []),
    ...volumesKey(
      input,
      mounted.map(({ path, file }) => bindMount(absolute(file.path), path, true)),
    ),
    ...(base.healthcheck === undefined && service.health
      ? [{ key: 'healthcheck', how: 'merge', value: renderHealthCheck(service.health) } as const]
      : []),
    { key: 'stop_grace_period', how: 'merge', value: `${service.stopTimeout}s` },
    ...(service.count === undefined ? [] : [{ key: 'scale', how: 'merge', value: service.count } as const]),
  ];
  const baseHash = hashOfBase(base);
  const stamps = secrets.map((path) => [path, secretStamps.get(path) ?? '']);
  const hash = sha256(JSON.stringify([baseHash, keys.filter(({ how }) => how !== 'reset'), stamps, configFiles]));
  return {
    service: service.name,
    serviceName: service.serviceName,
    hash,
    baseHash,
    keys: [...keys, { key: 'labels', how: 'merge', value: { [HASH_LABEL]: hash } }],
    files: [variables, ...mounted.map(({ file }) => file)],
    configFiles,
    envFile: variables.path,
    overridden,
    hasHealthCheck,
  };
}

/** The names of the platform's own env files. */
function envFileName({ component, name }: Pick<Service, 'component' | 'name'>): string {
  if (component === 'postgres-setup') return '.env.postgres.setup';
  return `.env.${component === 'other' || component === 'web-proxy' ? name.replace(/[^\w.-]/g, '_') : component}`;
}

/** The hash of what the host's own compose file says of a service. */
export function hashOfBase(base: Mapping): string {
  return sha256(JSON.stringify(sortKeys(withoutNulls(base))));
}

/** A variable in `environment` of the compose file would win over our env file: without a value too, which is that of compose's own environment, or none. */
function overriddenVariables(base: Mapping, { env }: ServiceEnv): string[] {
  const named = isMapping(base.environment) ? base.environment : {};
  const set = variablesOf(base);
  return Object.keys(env).filter((name) => Object.hasOwn(named, name) && set.get(name) !== env[name]);
}

function environmentKey(names: readonly string[], { env }: ServiceEnv): OverrideKey {
  return { key: 'environment', how: 'merge', value: Object.fromEntries(names.map((name) => [name, escapeDollars(env[name]!)])) };
}

/** Our mounts beside those of the compose file; all of them if one has to go, because it would hide the bundles in the image. */
function volumesKey({ environment, service, base }: RenderServiceInput, files: readonly BaseMount[]): OverrideKey[] {
  const before = mountsOf(base);
  const own = [...service.mounts.map(({ path, host = '', readOnly }) => bindMount(host, path, readOnly)), ...files];
  const isHiding = ({ target }: BaseMount) =>
    environment.bundles.mode === 'baked' &&
    service.component === 'proc' &&
    unescapeDollars(target) === BUNDLES_ROOT &&
    !service.mounts.some(({ path }) => path === BUNDLES_ROOT);
  const added = own.filter((mount) => !before.some((other) => isSameMount(mount, other)));
  if (!before.some(isHiding)) return added.length === 0 ? [] : [{ key: 'volumes', how: 'merge', value: added }];
  const others = before.filter((mount) => !isHiding(mount) && !own.some(({ target }) => target === mount.target));
  return [{ key: 'volumes', how: 'override', value: [...others, ...own] }];
}

/** Where the host has a file of the container: in a folder that is mounted there, because the platform replaces the file by a rename. */
function mountedAt(path: string, { service, base, environment }: RenderServiceInput): string {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const found = hostPath(path, service, base);
  if (found !== undefined) return found;
  throw new KdcubeError({
    code: 'wrong-value',
    message: `${service.name} reads ${path} and the platform edits it, but neither ${environment.compose.file} nor the environment mounts a folder at ${folder}.`,
    hint: `services:\n  ${service.name}:\n    mounts: {${folder}: {host: ${environment.compose.directory}/config}}`,
  });
}

/** The path on the host of a file in a folder that is mounted into a service, writable; undefined if its folder is not mounted. */
export function hostPath(path: string, service: Pick<Service, 'mounts'>, base: Mapping): string | undefined {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const own = service.mounts.find((mount) => mount.path === folder && mount.host !== undefined && !mount.readOnly)?.host;
  const mounted = mountsOf(base).find(
    ({ type, target, read_only: isReadOnly }) => type === 'bind' && unescapeDollars(target) === folder && isReadOnly !== true,
  )?.source;
  const source = own ?? (mounted === undefined ? undefined : unescapeDollars(mounted));
  return source === undefined ? undefined : `${source.replace(/\/$/, '')}${path.slice(folder.length)}`;
}

function bindMount(source: string, target: string, readOnly: boolean): BaseMount {
  return {
    type: 'bind',
    source: escapeDollars(source),
    target: escapeDollars(target),
    ...(readOnly && { read_only: true }),
  };
}

function isSameMount(one: BaseMount, other: BaseMount): boolean {
  return (
    one.type === other.type &&
    one.source === other.source &&
    one.target === other.target &&
    (one.read_only ?? false) === (other.read_only ?? false)
  );
}

function renderHealthCheck(check: HealthCheck): Mapping {
  const { interval, timeout, retries, startPeriod } = check;
  return {
    test: healthCommand(check).map(escapeDollars),
    interval: `${interval}s`,
    timeout: `${timeout}s`,
    retries,
    start_period: `${startPeriod}s`,
  };
}

/** What our file replaces, and what does not reach the container. Versions of compose differ in the keys without a value that they print. */
const NOT_COMPARED = ['image', 'build', 'container_name', 'pull_policy', 'env_file', 'depends_on', 'profiles'];

function withoutNulls(base: Mapping): Mapping {
  return Object.fromEntries(Object.entries(base).filter(([key, value]) => value !== null && !NOT_COMPARED.includes(key)));
}
