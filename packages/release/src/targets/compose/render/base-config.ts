import { KdcubeError, quoted } from '../../../problem/problem';
import { isMapping, type Mapping } from '../compose-file/compose-merge';

/** The compose file of the host, as `docker compose config --format json` prints it. Its texts are escaped: `$$` is one dollar. */
export interface BaseConfig {
  services: ReadonlyMap<string, Mapping>;
}

/** A mount of a compose service, in compose's long form. */
export interface BaseMount extends Mapping {
  type: string;
  target: string;
  source?: string;
}

/** Parses what compose printed. Problem `compose-invalid` for anything else. */
export function readBaseConfig(text: string, file: string): BaseConfig {
  const config = parseJson(text);
  const services = isMapping(config) && isMapping(config.services) ? config.services : undefined;
  if (!services || !Object.values(services).every(isMapping))
    throw new KdcubeError({
      code: 'compose-invalid',
      message: `docker compose printed no services for ${quoted(file)}.`,
      hint: `docker compose --file ${file} config    on the host shows what it reads`,
    });
  return { services: new Map(Object.entries(services) as [string, Mapping][]) };
}

/** The mounts of a service. */
export function mountsOf(definition: Mapping): BaseMount[] {
  const list = Array.isArray(definition.volumes) ? definition.volumes : [];
  return list.filter(
    (mount): mount is BaseMount => isMapping(mount) && typeof mount.type === 'string' && typeof mount.target === 'string',
  );
}

/** The variables that the compose file itself sets, with their values as a container gets them. */
export function variablesOf(definition: Mapping): Map<string, string> {
  const { environment } = definition;
  return new Map(
    Object.entries(isMapping(environment) ? environment : {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, unescapeDollars(value)] as const] : [],
    ),
  );
}

/** The ports of the host that services publish. */
export function publishedPorts({ services }: BaseConfig, names: readonly string[]): { port: number; service: string }[] {
  return names.flatMap((service) => {
    const { ports } = services.get(service) ?? {};
    const published = (Array.isArray(ports) ? ports : []).map((port) => Number(isMapping(port) ? port.published : NaN));
    return published.filter((port) => Number.isInteger(port) && port > 0).map((port) => ({ port, service }));
  });
}

/** The services that must run before a service, and those before them, in the order of their start. */
export function dependenciesOf({ services }: BaseConfig, names: readonly string[]): string[] {
  const seen = new Set(names);
  const found: string[] = [];
  const visit = (name: string) => {
    const { depends_on: before } = services.get(name) ?? {};
    for (const other of Object.keys(isMapping(before) ? before : {})) {
      if (seen.has(other) || !services.has(other)) continue;
      seen.add(other);
      visit(other);
      found.push(other);
    }
  };
  for (const name of names) visit(name);
  return found;
}

/** A text of ours for a compose file, where `$` starts a variable. */
export function escapeDollars(text: string): string {
  return text.replace(/\$/g, '$$$$');
}

export function unescapeDollars(text: string): string {
  return text.replace(/\$\$/g, '$$');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
