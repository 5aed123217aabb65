import type { FoundFolder } from '../src/targets/compose/import/compose';
import { mebibytesOf, secondsOf } from '../src/targets/compose/compose-file/compose-values';

/** As far as both an import and `docker compose config --format json` say it. */
export interface ConfiguredProject {
  name: string;
  services: Record<string, Configured>;
}

interface Configured {
  env: Record<string, string>;
  image: string;
  count: number;
  cpu?: number;
  memory?: number;
  stop?: number;
  health?: object;
  mounts: Record<string, { host: string; read_only: boolean }>;
}

type Json = Record<string, never>;

/** What compose said. In its answer a dollar sign is two. */
export function configured(text: string): ConfiguredProject {
  const {
    name,
    services,
    volumes = {},
  } = JSON.parse(text) as { name: string; services: Record<string, Json>; volumes?: Record<string, Json> };
  return {
    name,
    services: Object.fromEntries(Object.entries(services).map(([key, service]) => [key, ofService(service, volumes)])),
  };
}

function ofService(service: Json, named: Record<string, Json>): Configured {
  const {
    environment = {},
    deploy,
    healthcheck,
    volumes = [],
    stop_grace_period: stop,
    ...rest
  } = service as unknown as {
    environment?: Record<string, string | null>;
    deploy?: { replicas?: number; resources?: { limits?: { cpus?: number; memory?: string } } };
    healthcheck?: {
      disable?: boolean;
      test?: string[];
      interval?: string;
      timeout?: string;
      retries?: number;
      start_period?: string;
    };
    volumes?: { type: string; source: string; target: string; read_only?: boolean }[];
    stop_grace_period?: string;
    image: string;
    scale?: number;
    mem_limit?: string;
  };
  const limits = deploy?.resources?.limits;
  const memory = mebibytesOf(limits?.memory ?? rest.mem_limit);
  const mounts = volumes.flatMap(({ type, source, target, read_only: readOnly = false }) => {
    const device = (named[source] as { driver_opts?: { device?: string } } | undefined)?.driver_opts?.device;
    const host = type === 'bind' ? source : device;
    return host === undefined ? [] : [[target, { host, read_only: readOnly }] as const];
  });
  const off = healthcheck?.disable || healthcheck?.test?.[0] === 'NONE';
  const plain = (text: string) => text.replaceAll('$$', '$');
  return {
    env: Object.fromEntries(Object.entries(environment).flatMap(([key, value]) => (value === null ? [] : [[key, plain(value)]]))),
    image: rest.image,
    count: rest.scale ?? deploy?.replicas ?? 1,
    ...(limits?.cpus && { cpu: limits.cpus * 1024 }),
    ...(memory && { memory }),
    ...(stop && { stop: Math.ceil(secondsOf(stop)!) }),
    ...(healthcheck && {
      health: off
        ? { tool: 'none' }
        : defined({
            tool: /curl|wget|python/.exec(healthcheck.test!.join(' '))![0],
            path: /https?:\/\/[^/]+(\/\S*)/.exec(healthcheck.test!.join(' '))![1],
            interval: secondsOf(healthcheck.interval),
            timeout: secondsOf(healthcheck.timeout),
            retries: healthcheck.retries,
            start_period: secondsOf(healthcheck.start_period),
          }),
    }),
    mounts: Object.fromEntries(mounts),
  };
}

/** What was imported, in the same words. */
export function foundAsConfigured({ project, services }: FoundFolder): ConfiguredProject {
  const each = services.map(({ name, env, image, rest }) => {
    const {
      count = 1,
      cpu,
      memory,
      stop_timeout: stop,
      health,
      mounts = {},
    } = rest as Record<string, never> & { mounts?: Record<string, { host: string; read_only?: boolean }> };
    const folders = Object.entries(mounts).map(([path, { host, read_only: readOnly = false }]) => [
      path,
      { host, read_only: readOnly },
    ]);
    return [name, defined({ env, image, count, cpu, memory, stop, health, mounts: Object.fromEntries(folders) as object })];
  });
  return { name: project ?? '', services: Object.fromEntries(each) as ConfiguredProject['services'] };
}

function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
