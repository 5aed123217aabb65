import { truthy } from '../environment/normalise';
import type { FoundExec } from './types';
import type { FoundService } from './types';
import type { ImportReason } from './reasons';
import type { ImportedSettings } from './types';

type Mapping = Record<string, unknown>;
type Env = Record<string, string>;

/**
 * The settings that an environment has once for all services, derived from the variables that it generates from them: without these settings the first plan would remove the variables. `exec`: the task definition that proc names.
 */
export function importSettings(services: readonly FoundService[], exec?: FoundExec): ImportedSettings {
  const of = (component: string): Env => services.find((service) => service.component === component)?.env ?? {};
  const [proc, metrics] = [of('proc'), of('metrics')];
  return { ...some('bundles', bundlesOf(proc)), ...some('exec', execOf(proc, exec)), ...some('metrics', metricsOf(metrics)) };
}

/** Why a variable that the environment generates is left out: its feature is off, or needs an image. Undefined: it is in the settings. */
export function explainOmitted(
  name: string,
  { bundles, exec, metrics }: ImportedSettings,
): { reason: ImportReason; message: string } | undefined {
  const off = (what: string) => ({ reason: 'off' as const, message: `was left out: ${what} is off, so nothing reads it` });
  if (/^METRICS_CLOUDWATCH_/.test(name) && !metrics?.cloudwatch) return off('the export to CloudWatch');
  if (/^METRICS_PROM_/.test(name) && !metrics?.prometheus) return off('the export to Prometheus');
  if (/^(?:BUNDLE_GIT_(?!RESOLUTION_)|GIT_SSH_)/.test(name) && bundles?.mode !== 'git') return off('cloning of bundles');
  if (/^(?:PY_CODE_|EXEC_|FARGATE_|HOST_EXEC_)/.test(name) && !exec)
    return {
      reason: 'image',
      message: 'was left out: the exec image has no digest. Write exec: with an image by digest',
    };
  return undefined;
}

function some(key: keyof ImportedSettings, value: Mapping): ImportedSettings {
  return Object.keys(value).length > 0 ? { [key]: value } : {};
}

function bundlesOf(env: Env): Mapping {
  const git = {
    ...given('ssh_key', env.GIT_SSH_KEY_PATH),
    ...given('known_hosts', env.GIT_SSH_KNOWN_HOSTS),
    ...number('keep', env.BUNDLE_GIT_KEEP),
    ...(env.BUNDLE_GIT_SHALLOW !== undefined && env.BUNDLE_GIT_SHALLOW !== '' && { shallow: truthy(env.BUNDLE_GIT_SHALLOW) }),
  };
  return {
    ...(truthy(env.BUNDLES_INCLUDE_EXAMPLES) && { examples: true }),
    ...(truthy(env.BUNDLE_GIT_RESOLUTION_ENABLED) && {
      mode: 'git',
      ...(truthy(env.BUNDLE_GIT_ALWAYS_PULL) && { always_pull: true }),
      ...(Object.keys(git).length > 0 && { git }),
    }),
    ...(env.BUNDLES_DESCRIPTOR_PROVIDER === 'aws-sm' && { descriptor: 'aws-sm' }),
    // The first platforms accept a path there too.
    ...(env.AGENTIC_BUNDLES_JSON?.startsWith('/') && { descriptor: 'file' }),
  };
}

/** Only an image by digest is imported: any other is an image of the host, or can change. */
function execOf(env: Env, found?: FoundExec): Mapping {
  const image = found?.image ?? env.PY_CODE_EXEC_IMAGE ?? '';
  if (!/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image)) return {};
  const common = { image, ...number('timeout', env.PY_CODE_EXEC_TIMEOUT) };
  if (!truthy(env.FARGATE_EXEC_ENABLED))
    return {
      runtime: 'docker',
      ...common,
      ...given('network', env.PY_CODE_EXEC_NETWORK_MODE),
      ...given('workspace', env.HOST_EXEC_WORKSPACE_PATH),
    };
  const family = (env.FARGATE_TASK_DEFINITION ?? '').replace(/^.*\//, '').replace(/:\d+$/, '');
  return {
    runtime: 'fargate',
    ...common,
    fargate: {
      ...given('family', family),
      ...given('cluster', env.FARGATE_CLUSTER),
      ...given('container', env.FARGATE_CONTAINER_NAME),
      ...list('subnets', env.FARGATE_SUBNETS),
      ...list('security_groups', env.FARGATE_SECURITY_GROUPS),
      ...(env.FARGATE_ASSIGN_PUBLIC_IP === 'ENABLED' && { assign_public_ip: true }),
      ...given('platform_version', env.FARGATE_PLATFORM_VERSION),
      ...found?.fargate,
    },
  };
}

function metricsOf(env: Env): Mapping {
  const { METRICS_MODE: mode, METRICS_SCHEDULER_ENABLED: scheduler } = env;
  return {
    ...((mode === 'redis' || mode === 'proxy') && { mode }),
    ...(scheduler !== undefined && scheduler !== '' && { scheduler: truthy(scheduler) }),
    ...number('interval', env.METRICS_EXPORT_INTERVAL_SEC),
    ...(truthy(env.METRICS_EXPORT_CLOUDWATCH) && {
      cloudwatch: {
        ...given('namespace', env.METRICS_CLOUDWATCH_NAMESPACE),
        ...given('region', env.METRICS_CLOUDWATCH_REGION),
        ...labels('dimensions', env.METRICS_CLOUDWATCH_DIMENSIONS_JSON),
      },
    }),
    ...(truthy(env.METRICS_EXPORT_PROMETHEUS_PUSH) &&
      env.METRICS_PROM_PUSHGATEWAY_URL && {
        prometheus: {
          pushgateway: env.METRICS_PROM_PUSHGATEWAY_URL,
          ...given('job', env.METRICS_PROM_JOB_NAME),
          ...labels('labels', env.METRICS_PROM_GROUPING_LABELS_JSON),
        },
      }),
  };
}

function given(key: string, value: string | undefined): Mapping {
  return value === undefined || value === '' ? {} : { [key]: value };
}

/** Without tenant and project, which the environment adds. */
function labels(key: string, text: string | undefined): Mapping {
  try {
    const read = Object.entries(JSON.parse(text ?? '') as Mapping);
    const own = read.filter(([name, value]) => typeof value === 'string' && name !== 'tenant' && name !== 'project');
    return own.length > 0 ? { [key]: Object.fromEntries(own) } : {};
  } catch {
    return {};
  }
}

function list(key: string, value: string | undefined): Mapping {
  const items = (value ?? '').split(',').filter((item) => item !== '');
  return items.length > 0 ? { [key]: items } : {};
}

function number(key: string, value: string | undefined): Mapping {
  const read = Number(value);
  return Number.isInteger(read) && read > 0 ? { [key]: read } : {};
}
