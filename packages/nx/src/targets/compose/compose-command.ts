import {
  type BaseConfig,
  composeServices,
  type Environment,
  KdcubeError,
  missingService,
  publishedPorts,
  readBaseConfig,
  withoutValues,
} from '@kdcube/release/internal';
import type { Host } from './host/host';
import type { ComposePlace } from './place';

/** Runs docker compose on the host, with the host's own compose file and those that follow it. `overlay`: a compose file as text, read last. */
export async function compose(
  host: Host,
  place: ComposePlace,
  {
    files = [],
    overlay,
    args,
    env,
    timeout,
  }: {
    files?: readonly string[];
    overlay?: string;
    args: readonly string[];
    env?: Readonly<Record<string, string>>;
    timeout?: number;
  },
): ReturnType<Host['run']> {
  const { project, directory, file } = place;
  const paths = [`${directory}/${file}`, ...files, ...(overlay === undefined ? [] : ['-'])];
  const options = ['--project-name', project, '--project-directory', directory, ...paths.flatMap((path) => ['--file', path])];
  return host.run('docker', ['compose', '--ansi', 'never', ...options, ...args], {
    ...(overlay !== undefined && { stdin: overlay }),
    ...(env !== undefined && { env }),
    ...(timeout !== undefined && { timeout }),
  });
}

/** What the host's compose file says, without env files: they are ops' own, and may be missing or hold secrets. Problem `compose-invalid`, or `service-missing` for services that it lacks. */
export async function readBase(host: Host, place: ComposePlace, environment: Environment): Promise<BaseConfig> {
  const listed = await compose(host, place, { args: ['config', '--services'] });
  if (listed.exitCode !== 0) throw composeInvalid(place, listed.stderr);
  const names = listed.stdout.split('\n').filter((name) => name !== '');
  const services = composeServices(environment);
  const missing = services.filter(({ serviceName }) => !names.includes(serviceName));
  if (missing.length > 0) throw new KdcubeError(missing.map((service) => missingService(service, place.file, names)));
  const overlay = `services:\n${services.map(({ serviceName }) => `  ${JSON.stringify(serviceName)}:\n    env_file: !reset []\n`).join('')}`;
  const { exitCode, stdout, stderr } = await compose(host, place, { overlay, args: ['config', '--format', 'json'] });
  if (exitCode !== 0) throw composeInvalid(place, stderr);
  return readBaseConfig(stdout, place.file);
}

/** The ports of the host that the services of the environment publish. */
export function publishedPortsOf(base: BaseConfig, environment: Environment): ReturnType<typeof publishedPorts> {
  return publishedPorts(
    base,
    composeServices(environment).map(({ serviceName }) => serviceName),
  );
}

export function composeInvalid({ directory, file }: ComposePlace, stderr: string): KdcubeError {
  return new KdcubeError({
    code: 'compose-invalid',
    message: `docker compose on the host rejects ${directory}/${file}: ${withoutValues(stderr).trim().slice(-600)}`,
    hint: `docker compose --project-directory ${directory} --file ${directory}/${file} config    on the host shows the same`,
  });
}
