import { GENERATIONS } from '../platform/generation';
import type { Generation } from '../platform/generation';
import type { Environment, Service } from '../environment/environment';
import { factsOf } from '../platform/components';
import { oneLine } from '../descriptor/descriptor';

export type Env = Record<string, string>;

/** The variables of a component besides gateway, bundles and the environment's own: its identity, its port, its tenant and project. */
export function ownSettings(service: Service, { tenant, project, frontend }: Environment): Env {
  const port = service.port === undefined ? undefined : String(service.port);
  const gateway = factsOf(service.component).gateway;
  // Without INSTANCE_ID on purpose: all replicas share one environment, and the platform generates an id for each at startup.
  const component: Env = gateway ? { GATEWAY_COMPONENT: gateway } : {};
  switch (service.component) {
    case 'ingress':
      return { ...component, ...(port && { CHAT_APP_PORT: port }) };
    case 'proc':
      return { ...component, ...(port && { CHAT_PROCESSOR_PORT: port }) };
    case 'metrics':
      return { ...component, ...(port && { METRICS_PORT: port }) };
    case 'postgres-setup':
      // Its default port is 5436, unlike 5432 of all other components.
      return { TENANT_ID: tenant, PROJECT_ID: project, POSTGRES_PORT: '5432' };
    case 'proxylogin':
      return { REDIS_KEYPREFIX: `proxylogin:${tenant}:${project}:`, ...(port && port !== '80' && { HTTP_PORT: port }) };
    case 'frontend':
      return frontend ? { FRONTEND_CONFIG_JSON: oneLine(frontend.config) } : {};
    default:
      return {};
  }
}

/** The placeholder for the revision of the exec task definition until it is registered. */
export function nextRevision(family: string): string {
  return `${family}:next`;
}

/** How proc runs exec tasks. `image` is the exec image by digest. */
export function execSettings(
  { exec }: Environment,
  generation: Generation,
  image: string,
  taskDefinition: string | undefined,
): Env {
  if (!exec) return {};
  const mode: Env = GENERATIONS[generation].descriptor === 'bundles-yaml' ? { EXEC_RUNTIME_MODE: exec.runtime } : {};
  const common: Env = { ...mode, PY_CODE_EXEC_IMAGE: image, PY_CODE_EXEC_TIMEOUT: String(exec.timeout) };
  if (!exec.fargate)
    return {
      ...common,
      PY_CODE_EXEC_NETWORK_MODE: exec.network,
      ...(exec.workspace !== undefined && { HOST_EXEC_WORKSPACE_PATH: exec.workspace }),
    };
  const { cluster, family, container, subnets, securityGroups, assignPublicIp, platformVersion } = exec.fargate;
  return {
    ...common,
    FARGATE_EXEC_ENABLED: '1',
    FARGATE_CLUSTER: cluster ?? '',
    FARGATE_TASK_DEFINITION: taskDefinition ?? nextRevision(family),
    FARGATE_CONTAINER_NAME: container,
    FARGATE_SUBNETS: subnets.join(','),
    ...(securityGroups.length > 0 && { FARGATE_SECURITY_GROUPS: securityGroups.join(',') }),
    FARGATE_ASSIGN_PUBLIC_IP: assignPublicIp ? 'ENABLED' : 'DISABLED',
    FARGATE_LAUNCH_TYPE: 'FARGATE',
    ...(platformVersion !== undefined && { FARGATE_PLATFORM_VERSION: platformVersion }),
  };
}

/** How the platform clones bundles. Only in git mode; baked bundles are not cloned. */
export function gitSettings({ bundles }: Environment): Env {
  if (bundles.mode !== 'git') return {};
  const { ssh_key: key, known_hosts: hosts, keep, shallow } = bundles.git;
  return {
    ...(key !== undefined && { GIT_SSH_KEY_PATH: key }),
    ...(hosts !== undefined && { GIT_SSH_KNOWN_HOSTS: hosts }),
    ...(keep !== undefined && { BUNDLE_GIT_KEEP: String(keep) }),
    ...(shallow !== undefined && { BUNDLE_GIT_SHALLOW: shallow ? '1' : '0' }),
  };
}

/** What metrics exports, and for which tenant and project. */
export function metricsSettings({ metrics, tenant, project, ecs }: Environment): Env {
  const { cloudwatch, prometheus } = metrics;
  const labelled = (labels: Record<string, string> = {}) => oneLine({ tenant, project, ...labels });
  const scheduler = metrics.scheduler ?? (cloudwatch !== undefined || prometheus !== undefined);
  const region = cloudwatch?.region ?? ecs.region;
  return {
    METRICS_MODE: metrics.mode ?? 'redis',
    METRICS_SCHEDULER_ENABLED: scheduler ? '1' : '0',
    METRICS_EXPORT_INTERVAL_SEC: String(metrics.interval ?? 30),
    METRICS_EXPORT_CLOUDWATCH: cloudwatch ? '1' : '0',
    ...(cloudwatch && {
      METRICS_CLOUDWATCH_NAMESPACE: cloudwatch.namespace ?? 'KDCube/Metrics',
      ...(region !== undefined && { METRICS_CLOUDWATCH_REGION: region }),
      METRICS_CLOUDWATCH_DIMENSIONS_JSON: labelled(cloudwatch.dimensions),
    }),
    METRICS_EXPORT_PROMETHEUS_PUSH: prometheus ? '1' : '0',
    ...(prometheus && {
      METRICS_PROM_PUSHGATEWAY_URL: prometheus.pushgateway,
      METRICS_PROM_JOB_NAME: prometheus.job ?? 'kdcube_metrics',
      METRICS_PROM_GROUPING_LABELS_JSON: labelled(prometheus.labels),
    }),
  };
}
