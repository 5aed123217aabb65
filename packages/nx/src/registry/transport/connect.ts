import { createHash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { KdcubeError, isDigest, isHost, isLoopback, isRepository, isTag, quoted, ecrRegion } from '@kdcube/release/internal';
import type { Credentials } from '../credentials/credentials';
import type { Registry } from './registry';
import { resolveCredentials } from '../credentials/ecr';
import type { HttpResponse, Transport } from './types';
import { invalidResponse } from './problems';

export type { Registry };

export interface ConnectOptions {
  /** Default: the credentials of docker login and its helpers, and for Amazon's registries a token from the AWS settings. Called after the first challenge, and again after a rejection. */
  credentials?: (rejected?: Credentials) => Promise<Credentials | undefined>;
  /** Hosts besides loopback that are contacted over plain http. Default: KDCUBE_INSECURE_REGISTRIES, separated by commas. */
  insecure?: readonly string[];
  /** Called before each wait of a retry. */
  onRetry?: (text: string) => void;
  /** Tries of each request in all. Default 5, which waits 7.5 s together. */
  attempts?: number;
  /** Milliseconds. Default: 10 s to connect, 30 s without a byte, 5 minutes for one response. */
  timeouts?: Partial<Transport['timeouts']>;
  /** For tests: how to wait, and what time it is. */
  sleep?: (milliseconds: number) => Promise<void>;
  now?: () => number;
}

/**
 * Keep-alive connections without Nagle's algorithm. An idle one is closed after so many milliseconds, long before a device on the way drops it silently (Amazon's load balancers
 * after 350 s); `exchange` sets the timeouts of a request.
 */
const CONNECTIONS = { keepAlive: true, noDelay: true, timeout: 20_000 };

/** The connections of this process, by host: one that an image has used serves the next, and a base in the same registry. */
const shared = new Map<string, Transport['agents']>();

/** A proxy as HTTPS_PROXY and NO_PROXY name it, with Node's own support (since 22.21 and 24.5; an older Node connects directly). Loopback hosts never use a proxy. */
function agentsFor(host: string): Transport['agents'] {
  const proxies = isLoopback(host.replace(/:[0-9]+$/, '')) ? undefined : proxiesIn(process.env);
  const name = JSON.stringify([host, proxies]);
  const settings = { ...CONNECTIONS, ...(proxies && { proxyEnv: proxies }) } as http.AgentOptions;
  const agents = shared.get(name) ?? { http: new http.Agent(settings), https: new https.Agent(settings) };
  shared.set(name, agents);
  return agents;
}

function proxiesIn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name)));
}

/** Creates a client of a registry (`ghcr.io`, `127.0.0.1:5000`; docker.io has an API host of its own). Sends nothing. */
export function connect(host: string, options: ConnectOptions = {}): Registry {
  const insecure = options.insecure ?? (process.env.KDCUBE_INSECURE_REGISTRIES ?? '').split(',').map((entry) => entry.trim());
  const allowsHttp = (name: string) =>
    (isLoopback(name.replace(/:[0-9]+$/, '')) && !name.endsWith(':443')) || insecure.includes(name);
  if (!isHost(host)) throw new KdcubeError({ code: 'registry-name', message: `${quoted(host)} is not the host of a registry.` });
  const apiHost = host === 'docker.io' ? 'registry-1.docker.io' : host;
  return {
    host,
    base: new URL(`${allowsHttp(host) ? 'http' : 'https'}://${apiHost}/`),
    transport: {
      agents: agentsFor(host),
      sleep: options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
      onRetry: options.onRetry ?? (() => undefined),
      attempts: options.attempts ?? 5,
      timeouts: { connect: 10_000, idle: 30_000, total: 300_000, ...options.timeouts },
      allowsHttp,
      secrets: new Set(),
    },
    credentials: options.credentials ?? ((rejected) => resolveCredentials(host, rejected, options.now)),
    now: options.now ?? Date.now,
    authorizations: new Map(),
    existingRepositories: new Map(),
    writes: new Map(),
    // Amazon's are never open: no question without a name first.
    ...(ecrRegion(host) && { challenges: [{ scheme: 'basic', parameters: {} }] }),
  };
}

/** The URL of a manifest or a blob. Checked here for all callers: a name must not leave its place in the path. */
export function endpointUrl({ base }: Registry, repository: string, kind: 'manifests' | 'blobs', reference: string): URL {
  checkRepository(repository);
  if (!isDigest(reference) && (kind === 'blobs' || !isTag(reference))) {
    throw new KdcubeError({ code: 'unsafe-tag', message: `${quoted(reference)} is neither a digest nor a tag.` });
  }
  return new URL(`/v2/${repository}/${kind}/${reference}`, base);
}

/** Refuses what is no repository, and could leave its place in a path or in a scope. */
export function checkRepository(repository: string): void {
  if (isRepository(repository)) return;
  throw new KdcubeError({ code: 'registry-name', message: `${quoted(repository)} is not a repository.` });
}

/** A manifest or a blob as messages name it: `ghcr.io/org/image:tag`. */
export function referenceName({ host }: Registry, repository: string, reference: string): string {
  return `${host}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The Docker-Content-Digest of a response; undefined where a registry does not send one. */
export function contentDigest(answer: HttpResponse, from: string): string | undefined {
  const value = answer.headers['docker-content-digest'];
  if (value === undefined || (typeof value === 'string' && isDigest(value))) return value;
  throw invalidResponse(`The registry reports an invalid digest for ${from}: ${quoted(value)}.`);
}

export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}
