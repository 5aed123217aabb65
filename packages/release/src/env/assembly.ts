import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import type { Component } from '../platform/components';
import type { Service } from '../environment/environment';
import type { Env } from './settings';

const bundles = 'platform.services.proc.bundles';
const exec = 'platform.services.proc.exec';

/** Keys of assembly.yaml that override variables of the environment on current platforms, without a warning. */
const KEYS: Partial<Record<Component, Record<string, string>>> = {
  ingress: {
    CHAT_APP_PORT: 'ports.ingress',
    LOG_LEVEL: 'platform.services.ingress.log.log_level',
    CB_RELAY_IDENTITY: 'platform.services.ingress.service.cb_relay_identity',
    APP_AV_SCAN: 'platform.services.ingress.av.app_av_scan',
  },
  proc: {
    CHAT_PROCESSOR_PORT: 'ports.proc',
    BUNDLES_INCLUDE_EXAMPLES: `${bundles}.bundles_include_examples`,
    BUNDLES_FORCE_ENV_ON_STARTUP: `${bundles}.bundles_force_env_on_startup`,
    BUNDLES_DESCRIPTOR_PROVIDER: `${bundles}.descriptor_provider`,
    BUNDLES_ROOT: `${bundles}.bundles_root`,
    BUNDLE_GIT_RESOLUTION_ENABLED: `${bundles}.git.bundle_git_resolution_enabled`,
    BUNDLE_GIT_REDIS_LOCK: `${bundles}.git.bundle_git_redis_lock`,
    BUNDLE_GIT_ALWAYS_PULL: `${bundles}.git.bundle_git_always_pull`,
    BUNDLE_GIT_KEEP: `${bundles}.git.bundle_git_keep`,
    GIT_SSH_KEY_PATH: `${bundles}.git.git_ssh_key_path`,
    GIT_SSH_KNOWN_HOSTS: `${bundles}.git.git_ssh_known_hosts`,
    PY_CODE_EXEC_IMAGE: `${exec}.py_code_exec_image`,
    PY_CODE_EXEC_TIMEOUT: `${exec}.py_code_exec_timeout`,
    PY_CODE_EXEC_NETWORK_MODE: `${exec}.py_code_exec_network_mode`,
    GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP: 'platform.services.proc.service.gateway_config_force_env_on_startup',
    CB_RELAY_IDENTITY: 'platform.services.proc.service.cb_relay_identity',
    CHAT_TASK_TIMEOUT_SEC: 'platform.services.proc.service.chat_task_timeout_sec',
    LOG_LEVEL: 'platform.services.proc.log.log_level',
  },
  metrics: {
    METRICS_PORT: 'ports.metrics',
    METRICS_MODE: 'platform.services.metrics.service.metrics_mode',
    METRICS_SCHEDULER_ENABLED: 'platform.services.metrics.export.scheduler_enabled',
    METRICS_EXPORT_INTERVAL_SEC: 'platform.services.metrics.export.export_interval_sec',
    METRICS_EXPORT_CLOUDWATCH: 'platform.services.metrics.export.cloudwatch.enabled',
    METRICS_CLOUDWATCH_NAMESPACE: 'platform.services.metrics.export.cloudwatch.namespace',
    METRICS_CLOUDWATCH_REGION: 'platform.services.metrics.export.cloudwatch.region',
    METRICS_EXPORT_PROMETHEUS_PUSH: 'platform.services.metrics.export.prometheus.push_enabled',
  },
};

const SHARED: Record<string, string> = {
  POSTGRES_HOST: 'infra.postgres.host',
  POSTGRES_PORT: 'infra.postgres.port',
  POSTGRES_USER: 'infra.postgres.user',
  POSTGRES_DATABASE: 'infra.postgres.database',
  POSTGRES_SSL: 'infra.postgres.postgres_ssl',
  REDIS_HOST: 'infra.redis.host',
  REDIS_PORT: 'infra.redis.port',
  AWS_REGION: 'aws.aws_region',
  KDCUBE_STORAGE_PATH: 'storage.kdcube',
  CB_BUNDLE_STORAGE_URL: 'storage.bundles',
  AUTH_PROVIDER: 'auth.idp',
};

/** The keys of assembly.yaml that override this environment, by variable. */
function assemblyKeys(service: Service, env: Env): Record<string, string> {
  const own = KEYS[service.component];
  if (!own) return {};
  const keys = { ...SHARED, ...own };
  return Object.fromEntries(
    Object.keys(env).flatMap((name) => (Object.hasOwn(keys, name) ? [[name, keys[name]!] as const] : [])),
  );
}

/**
 * A note about keys of assembly.yaml that override the environment. `assembly` is the document as plain data: then only the keys with other values are named,
 * without it all keys that could.
 */
export function assemblyNote(service: Service, env: Env, assembly: unknown): Problem | undefined {
  const keys = Object.entries(assemblyKeys(service, env));
  const wrong = keys.filter(([name, path]) => assembly === undefined || overrides(at(assembly, path), env[name]!));
  if (wrong.length === 0) return undefined;
  const list = wrong.map(([name, path]) => `${path} (${name})`).join(', ');
  return assembly === undefined
    ? {
        code: 'assembly-overrides',
        message: `If ${quoted(service.name)} has an assembly.yaml, these keys override the environment: ${list}.`,
        hint: 'remove them from assembly.yaml, or set them to null',
      }
    : {
        code: 'assembly-overrides',
        message: `assembly.yaml overrides the environment of ${quoted(service.name)} with other values: ${list}.`,
      };
}

function at(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown> | null | undefined)?.[key], root);
}

/** A key without a value is ignored; the platform accepts several spellings of booleans. */
function overrides(value: unknown, env: string): boolean {
  if (value === undefined || value === null || value === '') return false;
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/^(?:true|yes|on)$/, '1')
      .replace(/^(?:false|no|off)$/, '0');
  return plain(String(value)) !== plain(env);
}
