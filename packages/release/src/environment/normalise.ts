import type { Component } from '../platform/components';
import { factsOf, healthPath } from '../platform/components';
import type { Generation } from '../platform/generation';
import { PROXY_FOLDER } from '../proxy/source';
import type { Environment, Exec, HealthCheck, PartlyWritten, ProxyPart, Service, ServiceImage, Target } from './environment';
import { readersOf } from '../platform/names';
import { environmentFile } from './list';
import type { SecretReference } from './secret-reference';
import { secretReference } from './secret-reference';
import type { WrittenService } from './written';

type PerComponent = Partial<Record<'shared' | Component, Record<string, string>>>;

/** The normalized environment; undefined if required parts are missing. */
export function normalise(name: string, written: PartlyWritten, generation?: Generation): Environment | undefined {
  const { target, tenant, project } = written;
  if (target === undefined || tenant === undefined || project === undefined) return undefined;
  return {
    name,
    files: filesOf(name, written),
    description: written.description,
    target,
    registry: written.registry,
    signatures: { required: written.signatures?.required ?? false, keys: written.signatures?.keys },
    tenant,
    project,
    ecs: {
      account: written.ecs?.account,
      region: written.ecs?.region,
      cluster: written.ecs?.cluster,
      subnets: written.ecs?.subnets ?? [],
      securityGroups: written.ecs?.security_groups ?? [],
    },
    compose: {
      project: written.compose?.project ?? `kdcube-${name}`,
      directory: written.compose?.directory,
      file: written.compose?.file ?? 'docker-compose.yaml',
      ...(written.compose?.host !== undefined && { host: written.compose.host }),
      keep: written.compose?.keep ?? 5,
    },
    gateway: written.gateway ?? {},
    bundles: {
      mode: written.bundles?.mode ?? 'baked',
      descriptor: written.bundles?.descriptor,
      reload: written.bundles?.reload ?? true,
      examples: written.bundles?.examples ?? false,
      alwaysPull: written.bundles?.always_pull ?? false,
      git: written.bundles?.git ?? {},
    },
    ...(written.readiness && {
      readiness: {
        ...(written.readiness.url !== undefined && { url: written.readiness.url }),
        headers: written.readiness.headers ?? {},
        wait: written.readiness.wait ?? 'all',
      },
    }),
    ...(written.proxy && { proxy: proxyOf(written.proxy) }),
    ...(written.frontend && { frontend: { config: frontendConfig(written, { tenant, project }) } }),
    exec: written.exec && execOf(written),
    metrics: written.metrics ?? {},
    services: Object.entries(written.services ?? {}).map(([key, service]) =>
      serviceOf(key, service, { written, target, generation }),
    ),
  };
}

function imageOf(text: string): ServiceImage {
  return /[/:@]/.test(text) ? { kind: 'digest', reference: text } : { kind: 'release', name: text };
}

interface ServiceContext {
  written: PartlyWritten;
  target: Target;
  generation: Generation | undefined;
}

function serviceOf(name: string, service: WrittenService, { written, target, generation }: ServiceContext): Service {
  const facts = factsOf(service.component);
  const port = service.port ?? facts.port;
  const family = service.family ?? `kdcube-${name}`;
  return {
    name,
    component: service.component,
    target: service.target ?? target,
    image: imageOf(service.image),
    ...(service.count !== undefined && { count: service.count }),
    cpu: service.cpu ?? facts.cpu,
    memory: service.memory ?? facts.memory,
    architecture: service.architecture ?? 'amd64',
    port,
    health: healthOf(service, port, generation),
    stopTimeout: service.stop_timeout ?? facts.stopTimeout,
    executionRole: service.execution_role ?? written.ecs?.execution_role,
    taskRole: service.task_role ?? written.ecs?.task_role,
    logGroup: service.log_group ?? `/ecs/${family}`,
    serviceName: service.service_name ?? name,
    family,
    container: service.container ?? name,
    taskDefinition: service.task_definition ?? 'environment',
    mounts: Object.entries(service.mounts ?? {}).map(([path, mount]) => ({
      path,
      ...(mount.efs !== undefined && { efs: { id: mount.efs, accessPoint: mount.access_point, root: mount.root ?? '/' } }),
      ...(mount.host !== undefined && { host: mount.host }),
      readOnly: mount.read_only ?? false,
    })),
    env: collected(written, 'env', service),
    secrets: secretsOf(service, written),
  };
}

function healthOf(
  { component, health }: WrittenService,
  port: number | undefined,
  generation: Generation | undefined,
): HealthCheck | undefined {
  const facts = factsOf(component);
  const tool = health?.tool ?? (health?.path !== undefined && facts.tool === 'none' ? 'curl' : facts.tool);
  const path = health?.path ?? healthPath(component, generation);
  if (tool === 'none' || path === undefined || port === undefined) return undefined;
  return {
    path,
    port,
    tool,
    interval: health?.interval ?? 30,
    timeout: health?.timeout ?? 10,
    retries: health?.retries ?? 3,
    startPeriod: health?.start_period ?? 30,
  };
}

function secretsOf(service: WrittenService, written: PartlyWritten): Record<string, SecretReference> {
  return Object.fromEntries(
    Object.entries(collected(written, 'secrets', service)).flatMap(([name, text]) => {
      const reference = secretReference(text);
      return reference ? [[name, reference] as const] : [];
    }),
  );
}

/**
 * The variables or secrets of a service: the shared ones that its component reads, overridden by its component's, overridden by its own.
 * Sorted by name, so that the output is reproducible.
 */
function collected(written: PartlyWritten, kind: 'env' | 'secrets', service: WrittenService): Record<string, string> {
  const sections = written[kind] as PerComponent | undefined;
  const shared = Object.entries(sections?.shared ?? {}).filter(([name]) =>
    readersOf(name, metricsReadsPostgres(written)).includes(service.component),
  );
  const all = { ...Object.fromEntries(shared), ...sections?.[service.component], ...service[kind] };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** metrics uses a database only if METRICS_ENABLE_PG_POOL is set. Its password is a secret; this switch is not. */
function metricsReadsPostgres(written: PartlyWritten): boolean {
  const env = written.env as PerComponent | undefined;
  return truthy(env?.metrics?.METRICS_ENABLE_PG_POOL ?? env?.shared?.METRICS_ENABLE_PG_POOL);
}

/** Parses a boolean as the platform does. */
export function truthy(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|true|yes|on)$/i.test(text);
}

function execOf({ exec, ecs }: PartlyWritten): Exec {
  const { runtime, image, timeout = 600, network = 'host', workspace, fargate } = exec!;
  const base = { runtime, image: imageOf(image), timeout, network, workspace };
  if (runtime === 'docker') return base;
  const family = fargate?.family ?? 'kdcube-exec';
  return {
    ...base,
    fargate: {
      cluster: fargate?.cluster ?? ecs?.cluster,
      subnets: fargate?.subnets ?? ecs?.subnets ?? [],
      securityGroups: fargate?.security_groups ?? ecs?.security_groups ?? [],
      assignPublicIp: fargate?.assign_public_ip ?? false,
      platformVersion: fargate?.platform_version,
      family,
      container: fargate?.container ?? 'exec',
      cpu: fargate?.cpu ?? 1024,
      memory: fargate?.memory ?? 2048,
      architecture: fargate?.architecture ?? 'amd64',
      logGroup: fargate?.log_group ?? `/ecs/${family}`,
      executionRole: fargate?.execution_role ?? ecs?.execution_role,
      taskRole: fargate?.task_role ?? ecs?.task_role,
    },
  };
}

/** One truth: what other keys of the environment say is not written again. */
function frontendConfig(
  { frontend, proxy }: PartlyWritten,
  identity: { tenant: string; project: string },
): Record<string, unknown> {
  const prefix = proxy?.route_prefix === undefined ? {} : { routesPrefix: proxy.route_prefix };
  return { ...frontend?.config, ...identity, ...prefix };
}

function proxyOf({
  config,
  upstreams,
  resolver,
  real_ip: realIp,
  route_prefix: routePrefix,
  domain,
  api_prefix: apiPrefix,
}: NonNullable<PartlyWritten['proxy']>): ProxyPart {
  return {
    config: config ?? `${PROXY_FOLDER}/nginx_proxy.conf`,
    settings: {
      upstreams: upstreams ?? {},
      resolver: { address: resolver?.address ?? '127.0.0.11', valid: resolver?.valid ?? 5 },
      ...(realIp && { realIp: { from: realIp.from, header: realIp.header ?? 'X-Forwarded-For' } }),
      ...(routePrefix !== undefined && { routePrefix }),
      ...(domain !== undefined && { domain }),
      ...(apiPrefix !== undefined && { apiPrefix }),
    },
  };
}

function filesOf(name: string, { extends: base, services = {}, proxy }: PartlyWritten): string[] {
  const definitions = Object.values(services).flatMap(({ task_definition: file }) =>
    file === undefined || file === 'environment' || file === 'running' ? [] : [file],
  );
  return [
    ...new Set([name, ...(base ? [base] : [])].map(environmentFile).concat(definitions, proxy ? [proxyOf(proxy).config] : [])),
  ];
}
