import type { Component } from './components';

/** Environment variables that must not be written by hand, each with the key of the environment that it is generated from. */
export const OWNED: Record<string, string> = {
  GATEWAY_CONFIG_JSON: 'gateway:',
  GATEWAY_COMPONENT: 'component: of the service',
  AGENTIC_BUNDLES_JSON: 'bundles: and release.yaml',
  BUNDLES_YAML_DESCRIPTOR_PATH: 'bundles: and release.yaml',
  BUNDLES_DESCRIPTOR_PROVIDER: 'bundles.descriptor:',
  AGENTIC_BUNDLES_ROOT: 'bundles:',
  BUNDLES_ROOT: 'bundles:',
  BUNDLES_INCLUDE_EXAMPLES: 'bundles.examples:',
  BUNDLES_FORCE_ENV_ON_STARTUP: 'the deploy, for one rollout',
  GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP: 'the deploy, for one rollout',
  BUNDLE_GIT_RESOLUTION_ENABLED: 'bundles.mode:',
  BUNDLE_GIT_REDIS_LOCK: 'bundles.mode:',
  BUNDLE_GIT_ALWAYS_PULL: 'bundles.always_pull:',
  BUNDLE_GIT_KEEP: 'bundles.git.keep:',
  BUNDLE_GIT_SHALLOW: 'bundles.git.shallow:',
  GIT_SSH_KEY_PATH: 'bundles.git.ssh_key:',
  GIT_SSH_KNOWN_HOSTS: 'bundles.git.known_hosts:',
  TENANT_ID: 'tenant:',
  PROJECT_ID: 'project:',
  DEFAULT_PROJECT_NAME: 'project:',
  PY_CODE_EXEC_IMAGE: 'exec.image:',
  PY_CODE_EXEC_TIMEOUT: 'exec.timeout:',
  PY_CODE_EXEC_NETWORK_MODE: 'exec.network:',
  HOST_EXEC_WORKSPACE_PATH: 'exec.workspace:',
  EXEC_RUNTIME_MODE: 'exec.runtime:',
  FARGATE_EXEC_ENABLED: 'exec.runtime:',
  FARGATE_CLUSTER: 'exec.fargate.cluster:',
  FARGATE_TASK_DEFINITION: 'exec.fargate: and what is registered',
  FARGATE_CONTAINER_NAME: 'exec.fargate.container:',
  FARGATE_SUBNETS: 'exec.fargate.subnets:',
  FARGATE_SECURITY_GROUPS: 'exec.fargate.security_groups:',
  FARGATE_ASSIGN_PUBLIC_IP: 'exec.fargate.assign_public_ip:',
  FARGATE_PLATFORM_VERSION: 'exec.fargate.platform_version:',
  FARGATE_LAUNCH_TYPE: 'exec.runtime:',
  METRICS_MODE: 'metrics.mode:',
  METRICS_SCHEDULER_ENABLED: 'metrics.scheduler:',
  METRICS_EXPORT_INTERVAL_SEC: 'metrics.interval:',
  METRICS_EXPORT_CLOUDWATCH: 'metrics.cloudwatch:',
  METRICS_CLOUDWATCH_NAMESPACE: 'metrics.cloudwatch.namespace:',
  METRICS_CLOUDWATCH_REGION: 'metrics.cloudwatch.region:',
  METRICS_CLOUDWATCH_DIMENSIONS_JSON: 'metrics.cloudwatch.dimensions:',
  METRICS_EXPORT_PROMETHEUS_PUSH: 'metrics.prometheus:',
  METRICS_PROM_PUSHGATEWAY_URL: 'metrics.prometheus.pushgateway:',
  METRICS_PROM_JOB_NAME: 'metrics.prometheus.job:',
  METRICS_PROM_GROUPING_LABELS_JSON: 'metrics.prometheus.labels:',
};

interface Misnamed {
  /** The name that the platform reads instead; undefined if it reads none. */
  instead?: string | Partial<Record<Component, string>>;
  /** The components in which the name is wrong. Default: all. */
  in?: readonly Component[];
}

const PORTS = { ingress: 'CHAT_APP_PORT', proc: 'CHAT_PROCESSOR_PORT', metrics: 'METRICS_PORT', proxylogin: 'HTTP_PORT' };

/** Names that the platform does not read, each with the name that it reads instead. A task that uses them starts with default-tenant and without a database. */
const MISNAMED: Record<string, Misnamed> = {
  DB_HOST: { instead: 'POSTGRES_HOST' },
  DB_PORT: { instead: 'POSTGRES_PORT' },
  DB_NAME: { instead: 'POSTGRES_DATABASE' },
  DB_USER: { instead: 'POSTGRES_USER' },
  DB_PASSWORD: { instead: 'POSTGRES_PASSWORD' },
  POSTGRES_DB: { instead: 'POSTGRES_DATABASE' },
  APP_PORT: { instead: PORTS },
  ENV: {},
  SECRET_KEY: {},
  SESSION_SECRET: {},
  REACT_APP_ROUTES_PREFIX: {},
  NEO4J_URI: { instead: 'APP_NEO4J_URI' },
  NEO4J_USER: { instead: 'APP_NEO4J_USERNAME' },
  NEO4J_PASSWORD: { instead: 'APP_NEO4J_PASSWORD' },
  COGNITO_APP_CLIENT_SECRET: { instead: 'COGNITO_CLIENTSECRET', in: ['proxylogin'] },
  COGNITO_APP_CLIENT_ID: { instead: 'COGNITO_CLIENTID', in: ['proxylogin'] },
  COGNITO_USER_POOL_ID: { instead: 'COGNITO_USERPOOLID', in: ['proxylogin'] },
  COGNITO_REGION: { instead: 'AWS_REGION', in: ['proxylogin'] },
  COGNITO_CLIENTID: { instead: 'COGNITO_APP_CLIENT_ID', in: ['ingress', 'proc', 'metrics'] },
  COGNITO_USERPOOLID: { instead: 'COGNITO_USER_POOL_ID', in: ['ingress', 'proc', 'metrics'] },
  CHAT_APP_PORT: { instead: PORTS, in: ['proc', 'metrics', 'proxylogin'] },
  CHAT_PROCESSOR_PORT: { instead: PORTS, in: ['ingress', 'metrics', 'proxylogin'] },
  METRICS_PORT: { instead: PORTS, in: ['ingress', 'proc', 'proxylogin'] },
};

/** The name that the platform reads instead, in a component (undefined: in `shared`); `{}` if it reads none; undefined if the name is right. */
export function misnamed(name: string, component: Component | undefined): { instead?: string } | undefined {
  const entry = Object.hasOwn(MISNAMED, name) ? MISNAMED[name] : undefined;
  if (!entry || component === 'other' || (entry.in && (component === undefined || !entry.in.includes(component))))
    return undefined;
  if (typeof entry.instead !== 'object') return { instead: entry.instead };
  return { instead: component === undefined ? Object.values(entry.instead).join(', ') : entry.instead[component] };
}

const POSTGRES: Component[] = ['ingress', 'proc', 'postgres-setup'];
const CHAT: Component[] = ['ingress', 'proc'];

/** The components that read a shared variable, by its prefix. Default: ingress, proc and metrics. */
const READERS: [RegExp, Component[]][] = [
  [/^(?:POSTGRES_|PG[A-Z]+$)/, POSTGRES],
  [/^REDIS_URL$/, ['ingress', 'proc', 'metrics', 'proxylogin']],
  [/^REDIS_/, ['ingress', 'proc', 'metrics']],
  [/^AWS_(?:REGION|DEFAULT_REGION)$/, ['ingress', 'proc', 'metrics', 'proxylogin']],
  [/^(?:AWS_|NO_PROXY$|LOG_)/, ['ingress', 'proc', 'metrics']],
  [/^(?:KDCUBE_STORAGE_PATH|HOST_KDCUBE_STORAGE_PATH|CB_RELAY_IDENTITY|CORS_CONFIG|APP_DOMAIN)$/, CHAT],
  [/^(?:AUTH_|ID_TOKEN_|COGNITO_|OIDC_|ODIC_|JWKS_)/, CHAT],
  [/^(?:OPENAI_|ANTHROPIC_|GEMINI_|HUGGING_FACE_|BRAVE_|DEFAULT_LLM_|DEFAULT_EMBEDDING_)/, CHAT],
  [/^(?:HEARTBEAT_INTERVAL|UVICORN_RELOAD)$/, CHAT],
  [/^(?:APP_AV_|CLAMAV_|OPEX_)/, ['ingress']],
  [/^(?:CHAT_TASK_|WEB_SEARCH_|WEB_FETCH_|TOOLS_|MCP_|ACCOUNTING_|GIT_|BUNDLE_|BUNDLES_|CB_BUNDLE_|EXEC_|APP_NEO4J_)/, ['proc']],
  [/^METRICS_/, ['metrics']],
  [/^ADMIN_USER_/, ['postgres-setup']],
];

/** The components that get a variable of `shared`. metrics uses a database only with METRICS_ENABLE_PG_POOL. */
export function readersOf(name: string, metricsReadsPostgres = false): readonly Component[] {
  const readers = READERS.find(([pattern]) => pattern.test(name))?.[1] ?? ['ingress', 'proc', 'metrics'];
  return readers === POSTGRES && metricsReadsPostgres ? [...POSTGRES, 'metrics'] : readers;
}

/** Two names of one setting. If both are set, it is undefined which one the platform uses. */
export const ALIASES: Record<string, string> = {
  PGHOST: 'POSTGRES_HOST',
  PGPORT: 'POSTGRES_PORT',
  PGDATABASE: 'POSTGRES_DATABASE',
  PGUSER: 'POSTGRES_USER',
  PGPASSWORD: 'POSTGRES_PASSWORD',
};

/** POSIX names, which every shell, ECS and compose accept. */
export function isEnvName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= 255;
}
