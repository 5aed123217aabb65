import { mayHoldSecret } from '../document/values';
import { printable } from '../problem/problem';
import { WrittenGateway } from '../environment/written-gateway';
import { yamlText } from '../document/yaml-text';
import type { FoundExec } from './types';
import { publishedName, registryOfAll } from './image';
import { importSettings } from './settings';
import { importVariables } from './found';
import { type FoundService, type ImportNote } from './types';

export interface FoundEnvironment {
  name: string;
  target: 'ecs' | 'compose';
  services: FoundService[];
  /** The exec task, if proc names one that can be read. */
  exec?: FoundExec;
  /** `ecs:` or `compose:`, as the file has it. */
  place: Record<string, unknown>;
  /** The pinned digests of the platform's images that the release mirrors, by name. */
  published?: ReadonlyMap<string, string>;
}

export interface ImportedEnvironment {
  text: string;
  notes: ImportNote[];
}

type Mapping = Record<string, unknown>;

/** The file of an environment for the services that were found. It contains no secret. */
export function importEnvironment(found: FoundEnvironment): ImportedEnvironment {
  const notes: ImportNote[] = [];
  const { tenant, project, gateway } = gatewayOf(found.services, notes);
  const settings = importSettings(found.services, found.exec);
  for (const key of ['bundles', 'exec', 'metrics'] as const) {
    // A pushgateway's URL may have a password in it.
    if (!mayHoldSecret(settings[key])) continue;
    delete settings[key];
    notes.push({ subject: `${key}:`, reason: 'secret', message: 'was left out: it may contain a secret' });
  }
  const registryNotes: ImportNote[] = [];
  const registry = registryOfAll(found.services, registryNotes);
  const services = Object.fromEntries(
    found.services.map((service) => {
      const imported = importVariables(service, settings, (variable) => placeOf(found, variable));
      notes.push(...imported.notes);
      return [
        service.name,
        {
          component: service.component,
          image: publishedName(service.image, registry, found.published) ?? service.image,
          ...service.rest,
          ...(Object.keys(imported.env).length > 0 && { env: escaped(imported.env) }),
          ...(Object.keys(imported.secrets).length > 0 && { secrets: imported.secrets }),
        },
      ];
    }),
  );
  notes.push(...registryNotes);
  const text = yamlText({
    target: found.target,
    ...(registry !== undefined && { registry }),
    tenant: tenant ?? '<TENANT>',
    project: project ?? '<PROJECT>',
    [found.target]: found.place,
    ...(gateway && Object.keys(gateway).length > 0 && { gateway }),
    ...settings,
    services,
  });
  const head = '# yaml-language-server: $schema=../node_modules/@kdcube/nx/dist/environment.schema.json\n';
  return { text: head + text, notes };
}

/** The reference of a secret, and the command that stores its value. */
function placeOf({ target, name }: FoundEnvironment, variable: string): { reference: string; hint: string } {
  const word = variable.toLowerCase().replace(/_/g, '-');
  if (target === 'compose')
    return { reference: `file:/opt/kdcube/secrets/${word}`, hint: `install -m 600 /dev/stdin /opt/kdcube/secrets/${word}` };
  const parameter = `/kdcube/${name}/${word}`;
  return {
    reference: `ssm:${parameter}`,
    hint: `aws ssm put-parameter --type SecureString --name ${parameter} --value file:///dev/stdin`,
  };
}

/** In an environment's file `${` starts a variable; these values have none. */
function escaped(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(/\$\{/g, '$$${')]));
}

/** The gateway with the keys that the platform reads, and its tenant and project. */
function gatewayOf(
  services: readonly FoundService[],
  notes: ImportNote[],
): { tenant?: string; project?: string; gateway?: Mapping } {
  const gateways = services.flatMap(({ name, env }) => {
    const text = env.GATEWAY_CONFIG_JSON ?? '';
    const value = parsed(text);
    if (text.trim() !== '' && !value)
      notes.push({ subject: `${name} GATEWAY_CONFIG_JSON`, reason: 'gateway', message: 'is not JSON: it was left out' });
    return value ? [{ name, value }] : [];
  });
  const setup = services.find(({ env }) => env.TENANT_ID !== undefined)?.env;
  const [first, ...others] = gateways;
  if (!first) return { tenant: plain(setup?.TENANT_ID), project: plain(setup?.PROJECT_ID) };
  for (const { name, value } of others)
    if (JSON.stringify(value) !== JSON.stringify(first.value))
      notes.push({
        subject: `${name} GATEWAY_CONFIG_JSON`,
        reason: 'gateway-one',
        message: `differs from that of ${first.name}, which was imported: the platform needs the same gateway for all`,
      });
  const { tenant, project, tenant_id: tenantId, project_id: projectId, ...rest } = first.value;
  return {
    tenant: plain(tenantId) ?? plain(tenant),
    project: plain(projectId) ?? plain(project),
    gateway: readable(rest, first.name, notes),
  };
}

function plain(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parsed(text: string): Mapping | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined;
  } catch {
    return undefined;
  }
}

/** The keys that the platform reads. A list of paths is copied to ingress and proc: each one only sees its own. */
function readable(gateway: Mapping, service: string, notes: ImportNote[]): Mapping {
  const rest = structuredClone(gateway);
  if (Array.isArray(rest.guarded_rest_patterns))
    rest.guarded_rest_patterns = { ingress: rest.guarded_rest_patterns, proc: rest.guarded_rest_patterns };
  for (let round = 0; round < 100; round += 1) {
    const read = WrittenGateway.safeParse(rest);
    if (read.success) break;
    for (const issue of read.error.issues) {
      const parent = issue.path as (string | number)[];
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...parent, key]) : [parent];
      for (const path of paths) {
        remove(rest, path);
        notes.push({
          subject: `${service} gateway`,
          reason: 'gateway',
          message: `${printable(path.join('.'))} is not read by the platform, or has an invalid value: it was left out`,
        });
      }
    }
  }
  return rest;
}

function remove(root: Mapping, path: readonly (string | number)[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((part, key) => (part as Mapping | undefined)?.[key as string], root);
  const last = path[path.length - 1];
  if (typeof parent === 'object' && parent !== null && last !== undefined) delete (parent as Mapping)[last as string];
}
