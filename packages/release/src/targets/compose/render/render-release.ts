import { KdcubeError, quoted, type Problem } from '../../../problem/problem';
import type { Environment, Service } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import type { BaseConfig } from './base-config';
import type { ConfigFile, HostFile } from './host-files';
import { overrideText } from './override-text';
import { HASH_LABEL, type RenderedService, renderService } from './render-service';

/** A release as files on a host: our compose file, which is read after the host's own, and the env files that it names. */
export interface RenderedRelease {
  services: RenderedService[];
  files: HostFile[];
  configFiles: ConfigFile[];
  /** Our compose file. */
  compose: string;
  notes: string[];
}

export interface RenderInput {
  environment: Environment;
  /** The configuration of every service of the environment. */
  env: readonly ServiceEnv[];
  base: BaseConfig;
  secretStamps: ReadonlyMap<string, string>;
}

/** The services of an environment that run with compose. */
export function composeServices({ services }: Environment): Service[] {
  return services.filter(({ target }) => target === 'compose');
}

/** Renders the release. It contains nothing volatile: an unchanged service gives the same text. */
export function renderRelease({ environment, env, base, secretStamps }: RenderInput): RenderedRelease {
  requireServices(environment, base);
  const services = composeServices(environment).map((service) =>
    renderService({
      environment,
      service,
      rendered: env.find((each) => each.service === service.name)!,
      base: base.services.get(service.serviceName)!,
      secretStamps,
    }),
  );
  const files = new Map(services.flatMap((service) => service.files.map((file) => [file.path, file] as const)));
  const { file } = environment.compose;
  return {
    services,
    files: [...files.values()],
    configFiles: [
      ...new Map(services.flatMap((service) => service.configFiles.map((file) => [file.path, file] as const))).values(),
    ],
    compose: overrideText(new Map(services.map(({ serviceName, keys }) => [serviceName, keys])), environment.compose.project),
    notes: services
      .filter(({ overridden }) => overridden.length > 0)
      .map(
        ({ service, overridden }) =>
          `${file} sets ${overridden.join(', ')} of ${service} to another value: this environment's is used.`,
      ),
  };
}

/** A third compose file, for one start of a service that overwrites Redis. Its hash is another one, so that the next deploy starts the service again without the flags. */
export function forcedText(serviceName: string, hash: string, flags: readonly string[]): string {
  const environment = Object.fromEntries(flags.map((name) => [name, '1']));
  return overrideText(
    new Map([
      [
        serviceName,
        [
          { key: 'environment', how: 'merge', value: environment },
          { key: 'labels', how: 'merge', value: { [HASH_LABEL]: forcedHash(hash) } },
        ],
      ],
    ]),
  );
}

export function forcedHash(hash: string): string {
  return `${hash}+forced`;
}

function requireServices(environment: Environment, base: BaseConfig): void {
  const { file } = environment.compose;
  const existing = [...base.services.keys()];
  const missing = composeServices(environment).filter(({ serviceName }) => !base.services.has(serviceName));
  if (missing.length > 0) throw new KdcubeError(missing.map((service) => missingService(service, file, existing)));
}

/** The Problem of a service that the compose file of the host does not have. */
export function missingService({ name, serviceName }: Service, file: string, existing: readonly string[]): Problem {
  return {
    code: 'service-missing',
    message: `${file} on the host has no service ${quoted(serviceName)}, as which ${quoted(name)} of the environment runs.`,
    hint: `service_name: one of ${existing.slice(0, 12).join(', ')}`,
  };
}
