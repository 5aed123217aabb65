import { LIMITS } from '@kdcube/release/internal';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileProblem } from '../../system/files/files';
import { runCredentialHelper, invalidConfig, parseJson, isRecord } from './credential-helper';
import type { Credentials } from './credentials';

interface AuthEntry {
  auth?: unknown;
  username?: unknown;
  password?: unknown;
  identitytoken?: unknown;
  registrytoken?: unknown;
}

interface DockerConfig {
  auths: Record<string, AuthEntry>;
  credHelpers: Record<string, unknown>;
  credsStore?: string;
}

/** docker login stores the credentials of Docker Hub under this key, for each of its hosts. */
export const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
const CONFIG_LIMIT = LIMITS.dockerConfigBytes.max;

/**
 * The credentials that `docker login` or a credential helper stores for `host`; undefined if there are none. A helper that is configured for this host and
 * fails is a Problem, and so is an invalid config.json: without them, the registry would deny access without a reason.
 */
export async function dockerCredentials(
  host: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Credentials | undefined> {
  const file = configFile(environment);
  const config = await readDockerConfig(file);
  if (!config) return undefined;
  const hub = HUB_HOSTS.includes(host);
  const helper = findEntry(config.credHelpers, host, hub) ?? config.credsStore;
  const fromHelper =
    helper === undefined || helper === ''
      ? undefined
      : await runCredentialHelper(helper, hub ? HUB_KEY : host, file, environment);
  return fromHelper ?? fromAuthEntry(findEntry(config.auths, host, hub), host, file);
}

function configFile(environment: NodeJS.ProcessEnv): string {
  return path.join(environment.DOCKER_CONFIG || path.join(environment.HOME || os.homedir(), '.docker'), 'config.json');
}

async function readDockerConfig(file: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    if ((await fs.promises.stat(file)).size > CONFIG_LIMIT) throw invalidConfig(file, 'is too large for a Docker configuration');
    text = await fs.promises.readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileProblem(error, file);
  }
  const json = parseJson(text.replace(/^\uFEFF/, ''));
  if (!isRecord(json)) throw invalidConfig(file, 'is not a JSON object');
  const { auths = {}, credHelpers = {}, credsStore } = json;
  if (!isRecord(auths ?? {}) || !isRecord(credHelpers ?? {}))
    throw invalidConfig(file, 'has "auths" or "credHelpers" that are not objects');
  return {
    auths: (auths ?? {}) as Record<string, AuthEntry>,
    credHelpers: (credHelpers ?? {}) as Record<string, unknown>,
    credsStore: typeof credsStore === 'string' ? credsStore : undefined,
  };
}

/** The entry of a host. Keys are hosts, or URLs as old logins wrote them: `https://ghcr.io/v2/`. An exact key comes first, then one without a path. */
function findEntry<T>(entries: Record<string, T>, host: string, hub: boolean): T | undefined {
  const wanted = hub ? HUB_HOSTS : [host];
  const exact = (hub ? [HUB_KEY, ...wanted] : wanted).find((key) => Object.hasOwn(entries, key));
  if (exact !== undefined) return entries[exact];
  const keys = Object.keys(entries).filter((key) => wanted.includes(hostOf(key)));
  const shortest = keys.sort((a, b) => a.length - b.length)[0];
  return shortest === undefined ? undefined : entries[shortest];
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0]!;
}

function fromAuthEntry(entry: AuthEntry | undefined, host: string, file: string): Credentials | undefined {
  if (!isRecord(entry)) return undefined;
  const { auth, username, password, identitytoken, registrytoken } = entry as AuthEntry;
  if (isText(registrytoken)) return { kind: 'bearer', token: registrytoken };
  if (isText(identitytoken)) return { kind: 'identity', token: identitytoken };
  if (isText(username) && typeof password === 'string') return { kind: 'password', username, password };
  if (!isText(auth)) return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1)
    throw invalidConfig(file, `has an "auth" for ${host} that is not base64 of "name:password"`, `docker login ${host}`);
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
