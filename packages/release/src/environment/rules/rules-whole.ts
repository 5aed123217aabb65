import { quoted } from '../../problem/problem';
import type { DocumentPath } from '../../document/document';
import { isMapping } from '../../document/layers';
import { unsafePath } from '../../release/refs';
import type { EnvironmentRule } from './rule';
import { pathOf } from './rule';
import { shownReference } from '../secret-reference';

export const namesAreSafe: EnvironmentRule = ({ written }, report) => {
  for (const key of ['tenant', 'project'] as const) {
    const value = written[key];
    if (value !== undefined && !/^[A-Za-z0-9][\w.-]{0,99}$/.test(value))
      report(
        {
          code: 'wrong-value',
          message: `${quoted(value)} cannot be the ${key}: it becomes part of database schemas and Redis keys, so only letters, digits, dots, dashes and underscores are allowed.`,
        },
        [key],
      );
  }
  for (const name of Object.keys(written.services ?? {}))
    if (!/^[A-Za-z0-9][\w-]{0,99}$/.test(name))
      report(
        {
          code: 'wrong-value',
          message: `${quoted(name)} cannot be the name of a service: only letters, digits, dashes and underscores are allowed.`,
        },
        ['services', name],
        'key',
      );
  const seen = new Map<string, string>();
  for (const [name, service] of Object.entries(written.services ?? {})) {
    const called = (service.service_name ?? name).toLowerCase();
    const other = seen.get(called);
    if (other !== undefined)
      report(
        {
          code: 'wrong-value',
          message: `${quoted(name)} and ${quoted(other)} are the same service in ECS and compose: their service names differ only in case, or not at all.`,
          hint: 'service_name: <another name>',
        },
        ['services', name],
        'key',
      );
    seen.set(called, name);
  }
};

export const signatureKeysAreInside: EnvironmentRule = ({ written }, report) => {
  written.signatures?.keys?.forEach((file, index) => {
    const why = unsafePath(file);
    if (why === undefined) return;
    report(
      {
        code: 'wrong-value',
        message: `${quoted(file)} cannot be the file of a public key: ${why}.`,
        hint: 'keys/release.pub    a file of the workspace',
      },
      ['signatures', 'keys', index],
    );
  });
};

/** Tenant and project are written once. If they are written again, they must be the same. */
export const tenantIsConsistent: EnvironmentRule = ({ written, filled }, report) => {
  const expected = { tenant: written.tenant, project: written.project };
  const check = (key: 'tenant' | 'project', value: unknown, path: DocumentPath) => {
    if (typeof value === 'string' && expected[key] !== undefined && value !== expected[key])
      report(
        {
          code: 'tenant-mismatch',
          message: `The ${key} is ${quoted(value)} here and ${quoted(expected[key])} above: the components would use different data.`,
          hint: `remove the line: it is generated from ${key}:`,
        },
        path,
      );
  };
  const gateway = isMapping(filled.gateway) ? filled.gateway : {};
  for (const key of ['tenant', 'project'] as const)
    for (const name of [key, `${key}_id`]) check(key, gateway[name], ['gateway', name]);
  for (const [path, env] of envs(filled)) {
    for (const [name, value] of Object.entries(env)) {
      if (name === 'TENANT_ID') check('tenant', value, [...path, name]);
      if (name === 'PROJECT_ID' || name === 'DEFAULT_PROJECT_NAME') check('project', value, [...path, name]);
      const prefix = name === 'REDIS_KEYPREFIX' && typeof value === 'string' ? /^proxylogin:([^:]*):([^:]*):$/.exec(value) : null;
      check('tenant', prefix?.[1], [...path, name]);
      check('project', prefix?.[2], [...path, name]);
      const inner =
        typeof value === 'string' && /^(?:FRONTEND_CONFIG_JSON|GATEWAY_CONFIG_JSON|METRICS_\w+_JSON)$/.test(name)
          ? parsed(value)
          : undefined;
      check('tenant', inner?.tenant, [...path, name]);
      check('project', inner?.project, [...path, name]);
    }
  }
};

function envs(filled: Record<string, unknown>): [DocumentPath, Record<string, unknown>][] {
  const top = isMapping(filled.env) ? Object.entries(filled.env).map(([key, env]) => [['env', key], env] as const) : [];
  const services = isMapping(filled.services) ? Object.entries(filled.services) : [];
  const own = services.map(
    ([name, service]) => [['services', name, 'env'], isMapping(service) ? service.env : undefined] as const,
  );
  return [...top, ...own].flatMap(([path, env]) =>
    isMapping(env) ? [[path, env] as [DocumentPath, Record<string, unknown>]] : [],
  );
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Variables that hold JSON: if one does not, the platform silently uses its default. */
export const jsonIsValid: EnvironmentRule = ({ filled }, report) => {
  for (const [path, env] of envs(filled)) {
    for (const [name, value] of Object.entries(env)) {
      if (
        typeof value !== 'string' ||
        value.trim() === '' ||
        !(/_JSON$/.test(name) || name === 'CORS_CONFIG' || name === 'ACCOUNTING_SERVICES')
      )
        continue;
      try {
        JSON.parse(value);
      } catch {
        report(
          {
            code: 'env-value',
            message: `${quoted(name)} must be JSON, but this is not: the platform would silently ignore it.`,
            hint: `'{"key": "value"}'    in single quotes, so that YAML keeps it as it is`,
          },
          [...path, name],
        );
      }
    }
  }
};

/** Keys without an effect, such as those of git mode in baked mode. */
export const keysAreUsed: EnvironmentRule = ({ written }, report) => {
  const { bundles, exec } = written;
  const ignored = (path: DocumentPath, why: string) =>
    report({ code: 'ignored-key', message: `${quoted(path[path.length - 1])} has no effect: ${why}.` }, path, 'key');
  if (bundles?.reload !== undefined && bundles.descriptor !== 'aws-sm')
    ignored(['bundles', 'reload'], 'the descriptor is not in Secrets Manager, so a deploy restarts proc to change it');
  if (bundles && (bundles.mode ?? 'baked') === 'baked') {
    if (bundles.git) ignored(['bundles', 'git'], 'the bundles are baked, so the platform clones nothing');
    if (bundles.always_pull) ignored(['bundles', 'always_pull'], 'the bundles are baked, so the platform clones nothing');
  }
  if (exec?.runtime === 'docker' && exec.fargate) ignored(['exec', 'fargate'], 'code runs with docker');
  if (exec?.runtime === 'fargate')
    for (const key of ['workspace', 'network'] as const)
      if (exec[key] !== undefined) ignored(['exec', key], 'code runs on Fargate');
  for (const [name, service] of Object.entries(written.services ?? {}))
    if (service.component === 'postgres-setup' && service.count !== undefined)
      ignored(['services', name, 'count'], 'postgres-setup runs once, before the others');
};

/** Variables and secrets of a component that no service has reach nothing. Notes: an environment that is extended may serve several others. */
export const sectionsHaveServices: EnvironmentRule = ({ written, environment }, _, note) => {
  if (written.abstract) return;
  const components = new Set<string>((environment?.services ?? []).map(({ component }) => component));
  for (const kind of ['env', 'secrets'] as const)
    for (const section of Object.keys(written[kind] ?? {}))
      if (section !== 'shared' && !components.has(section))
        note(
          {
            code: 'ignored-key',
            message: `${kind}.${section} has no effect: no service has the component ${section}.`,
            hint: 'services.<name>.component, or remove the section',
          },
          [kind, section],
          'key',
        );
};

/** What the chat needs to start. On a current platform, assembly.yaml may define it instead. */
export const chatHasDatabases: EnvironmentRule = ({ environment, written }, _, note) => {
  if (written.abstract) return;
  for (const service of environment?.services ?? []) {
    if (!['ingress', 'proc', 'metrics'].includes(service.component)) continue;
    const given = (name: string) => Object.hasOwn(service.env, name) || Object.hasOwn(service.secrets, name);
    const missing = [
      ...(given('REDIS_URL') || given('REDIS_HOST') ? [] : ['REDIS_URL']),
      ...(service.component === 'metrics' ? [] : ['POSTGRES_HOST', 'KDCUBE_STORAGE_PATH'].filter((name) => !given(name))),
    ];
    if (missing.length > 0)
      note(
        {
          code: 'env-missing',
          message: `${quoted(service.name)} has no ${missing.join(', ')}: it uses the defaults of the platform, or its assembly.yaml.`,
          hint: `env:\n  shared:\n    ${missing[0]}: "…"`,
        },
        ['services', service.name],
        'key',
      );
  }
};

/** Ingress writes requests to Redis and proc reads them: with two databases, requests get no response and no error. */
export const redisIsShared: EnvironmentRule = ({ environment, written }, report) => {
  const chat = (environment?.services ?? []).filter(({ component }) => ['ingress', 'proc', 'metrics'].includes(component));
  for (const name of ['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_DB']) {
    const given = chat.flatMap((service) => {
      const secret = service.secrets[name];
      const value = secret ? shownReference(secret) : service.env[name];
      return value === undefined ? [] : [{ service, value, kind: secret ? ('secrets' as const) : ('env' as const) }];
    });
    for (const one of given) {
      // On another target the address of the same server may differ.
      const first = given.find(({ service }) => service.target === one.service.target)!;
      if (one.value === first.value) continue;
      report(
        {
          code: 'redis-mismatch',
          message: `${name} of ${quoted(one.service.name)} differs from that of ${quoted(first.service.name)}: one would never read what the other writes.`,
          hint: `shared:\n  ${name}: …`,
        },
        pathOf(written, one.kind, one.service, name),
      );
    }
  }
};

/** The path becomes an argument of a command, and part of a URL. */
export const healthPathsAreSafe: EnvironmentRule = ({ written }, report) => {
  for (const [name, { health }] of Object.entries(written.services ?? {}))
    if (health?.path !== undefined && !/^\/[\w./~%?=&:@+-]*$/.test(health.path))
      report({ code: 'wrong-value', message: `${quoted(health.path)} is not the path of a URL.`, hint: 'path: /health' }, [
        'services',
        name,
        'health',
        'path',
      ]);
};
