import { isMapping } from '../../document/layers';
import { notSecretEntries } from '../../document/not-secret';
import { generationRow, NEWEST_GENERATION } from '../../platform/generation';
import { quoted } from '../../problem/problem';
import { placeholderIn } from '../../secrets/placeholder';
import type { DocumentPath } from '../../document/document';
import { configSecrets } from '../config-secrets';
import type { Service } from '../environment';
import { pathOf } from './rule';
import type { EnvironmentReport, EnvironmentRule, EnvironmentRuleInput } from './rule';

const JSON_NAME = 'FRONTEND_CONFIG_JSON';
const URL_NAME = 'FRONTEND_CONFIG_S3_URL';
const FOLDER = '/usr/share/nginx/html';
const FILE = `${FOLDER}/config.json`;
const AUTH_TYPES = ['none', 'simple', 'hardcoded', 'cognito', 'delegated', 'bundle'];
const EXAMPLE = `${JSON_NAME}: '{"tenant":"…","project":"…","routesPrefix":"…","auth":{"authType":"none"}}'`;

/** The UI's entrypoint writes config.json from a variable. It ends with an error if that file is mounted read-only. */
export const frontendIsConfiguredOnce: EnvironmentRule = ({ environment, written }, report) => {
  for (const service of frontends(environment?.services)) {
    const names = [JSON_NAME, URL_NAME].filter((name) => isGiven(service, name));
    if (environment?.frontend && names.length > 0)
      report(
        {
          code: 'env-value',
          message: `${quoted(service.name)} gets config.json from frontend: and from ${names.join(' and ')}: one of them would be ignored.`,
          hint: `remove frontend:, or ${names.join(' and ')}`,
        },
        pathOf(written, kindOf(service, names[0]!), service, names[0]!),
        'key',
      );
    else if (names.length === 2)
      report(
        {
          code: 'env-value',
          message: `${quoted(service.name)} has ${JSON_NAME} and ${URL_NAME}: the first is used, and the second is ignored.`,
          hint: `remove ${URL_NAME}`,
        },
        pathOf(written, kindOf(service, URL_NAME), service, URL_NAME),
        'key',
      );
    const variables = environment?.frontend ? ['frontend:'] : names;
    for (const { path, readOnly } of variables.length > 0 ? service.mounts : []) {
      if (![FOLDER, FILE].includes(path.replace(/\/+$/, ''))) continue;
      const what = readOnly ? 'the container cannot write it, and does not start' : 'the container overwrites the mounted file';
      report(
        {
          code: 'env-value',
          message: `${quoted(service.name)} gets config.json from a mount and from ${variables.join(' and ')}: ${what}.`,
          hint: `remove the mount, or ${variables.join(' and ')}`,
        },
        ['services', service.name, 'mounts', path],
        'key',
      );
    }
  }
};

/** An image with config.json in it runs only for the tenant whose file that is, and gets no second one. */
export const bakedConfigIsOfTheEnvironment: EnvironmentRule = ({ environment, options }, report) => {
  for (const service of frontends(environment?.services)) {
    const { image, name } = service;
    const baked =
      image.kind === 'release' && Object.hasOwn(options.baked ?? {}, image.name) ? options.baked![image.name]! : undefined;
    if (image.kind !== 'release' || !baked) continue;
    const at = ['services', name, 'image'];
    const { tenant, project } = environment!;
    if (baked.tenant !== tenant || baked.project !== project)
      report(
        {
          code: 'tenant-mismatch',
          message: `${quoted(image.name)} has the config.json of tenant ${quoted(baked.tenant)}, project ${quoted(baked.project)} in it, and this environment is ${quoted(tenant)}, ${quoted(project)}: visitors would use the data of another tenant.`,
          hint: 'an image of its own for this environment; or one without config.json, and frontend: in each environment',
        },
        at,
      );
    const mounted = service.mounts.some(({ path }) => [FOLDER, FILE].includes(path.replace(/\/+$/, '')));
    const others = [
      ...(environment!.frontend ? ['frontend:'] : []),
      ...[JSON_NAME, URL_NAME].filter((variable) => isGiven(service, variable)),
      ...(mounted ? ['a mount'] : []),
    ];
    if (others.length > 0)
      report(
        {
          code: 'env-value',
          message: `${quoted(name)} gets config.json from its image ${quoted(image.name)} and from ${others.join(' and ')}: the one in the image would be ignored.`,
          hint: `remove ${others.join(' and ')}; or config.json from the Dockerfile`,
        },
        at,
      );
  }
};

/** What every visitor's browser reads as config.json. */
export const frontendConfigIsUsable: EnvironmentRule = (input, report, note) => {
  const { environment, written } = input;
  const { frontend } = written;
  if (frontend) {
    const names = frontends(environment?.services);
    if (environment && names.length === 0)
      report(
        {
          code: 'wrong-target',
          message: 'frontend: configures a service with the component frontend, and the environment has none.',
          hint: 'services:\n  web-ui: {component: frontend, image: kdcube-web-ui}',
        },
        ['frontend'],
        'key',
      );
    for (const key of ['tenant', 'project'].filter((name) => Object.hasOwn(frontend.config, name)))
      report(
        {
          code: 'unknown-key',
          message: `${quoted(key)} is written once, at the top: config.json gets it from there.`,
          hint: 'remove the line',
        },
        ['frontend', 'config', key],
        'key',
      );
    const place = (path: readonly string[]) => ['frontend', 'config', ...path];
    checkConfig({ ...frontend.config, ...TOP }, { what: 'frontend.config', place }, input, report, note);
  }
  for (const service of frontends(environment?.services)) {
    const text = service.env[JSON_NAME];
    if (text === undefined || placeholderIn(text)) continue;
    const at = pathOf(written, 'env', service, JSON_NAME);
    const config = parsed(text);
    if (config === 'not JSON') continue; // jsonIsValid reports it
    if (isMapping(config)) {
      const what = `${JSON_NAME} of ${quoted(service.name)}`;
      checkConfig(config, { what, place: () => at }, input, report, note);
    } else
      report(
        {
          code: 'env-value',
          message: `${JSON_NAME} of ${quoted(service.name)} must be one JSON object: the UI reads its settings from it.`,
          hint: EXAMPLE,
        },
        at,
      );
  }
};

/** In the place of what `frontend.config` does not write. */
const TOP = { tenant: '(the environment’s)', project: '(the environment’s)' };

interface ConfigPlace {
  /** Its name in messages. */
  what: string;
  place(path: readonly string[]): DocumentPath;
}

function checkConfig(
  config: Record<string, unknown>,
  { what, place }: ConfigPlace,
  { written, options }: EnvironmentRuleInput,
  report: EnvironmentReport,
  note: EnvironmentReport,
): void {
  const cleared = new Set(notSecretEntries(written.not_secret).map(({ name }) => name));
  const problem = (path: readonly string[], message: string, hint: string) =>
    report({ code: 'env-value', message, hint }, place(path));
  const missing = ['tenant', 'project'].filter((key) => typeof config[key] !== 'string' || config[key] === '');
  if (missing.length > 0)
    problem(
      [],
      `${what} has no ${missing.join(' and no ')}: the UI would not reach its data.`,
      missing.map((key) => `"${key}": "${written[key as 'tenant' | 'project'] ?? '…'}"`).join(', '),
    );
  const prefix = written.proxy?.route_prefix;
  if (prefix !== undefined && Object.hasOwn(config, 'routesPrefix') && config.routesPrefix !== prefix)
    problem(
      ['routesPrefix'],
      `routesPrefix of ${what} is ${quoted(config.routesPrefix)}, and proxy.route_prefix is ${quoted(prefix)}: the UI would call routes that the proxy does not have.`,
      `"routesPrefix": "${prefix}"`,
    );
  const auth = isMapping(config.auth) ? config.auth : {};
  const generation = options.generation ?? NEWEST_GENERATION;
  if (auth.authType === 'bundle' && !generationRow(generation).bundleLogin)
    problem(
      ['auth', 'authType'],
      `A platform of ${generation} has no login by a bundle: auth.authType "bundle" begins with 2026.6.11.415.`,
      '"authType": "cognito"',
    );
  const oidc = isMapping(auth.oidcConfig) ? auth.oidcConfig : {};
  const absent = ['authority', 'client_id'].filter((key) => typeof oidc[key] !== 'string' || oidc[key] === '');
  if (auth.authType === 'cognito' && absent.length > 0)
    problem(
      ['auth'],
      `${what} has auth.authType "cognito" without oidcConfig.${absent.join(' and oidcConfig.')}: no login works.`,
      '"oidcConfig": {"authority": "…", "client_id": "…"}',
    );
  if ((auth.authType === 'simple' || auth.authType === 'hardcoded') && (typeof auth.token !== 'string' || auth.token === ''))
    problem(['auth'], `${what} has auth.authType "${auth.authType}" without a token: no login works.`, '"token": "…"');
  if (typeof auth.authType === 'string' && !AUTH_TYPES.includes(auth.authType))
    note(
      {
        code: 'env-value',
        message: `${what} has auth.authType ${quoted(auth.authType)}, which the platform's own UI does not know.`,
        hint: AUTH_TYPES.join(', '),
      },
      place(['auth', 'authType']),
    );
  if (cleared.has(JSON_NAME)) return;
  for (const { path, name } of configSecrets(config, cleared))
    report(
      {
        code: 'secret-value',
        message: `${quoted(path.join('.'))} of ${what.split(' ')[0]!} is the name of a secret, and every visitor can read config.json.`,
        hint: `remove it, and rotate it: it may have leaked; or, if it is not a secret, not_secret: {${name}: why it is not a secret}`,
      },
      place(path),
    );
}

function frontends(services: readonly Service[] = []): Service[] {
  return services.filter(({ component }) => component === 'frontend');
}

function isGiven({ env, secrets }: Service, name: string): boolean {
  return Object.hasOwn(secrets, name) || (env[name] ?? '') !== '';
}

function kindOf({ secrets }: Service, name: string): 'env' | 'secrets' {
  return Object.hasOwn(secrets, name) ? 'secrets' : 'env';
}

function parsed(text: string): unknown {
  if (text.trim() === '') return 'not JSON';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return 'not JSON';
  }
}
