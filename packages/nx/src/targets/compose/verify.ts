import { type CheckResult, composeServices, type Environment, KdcubeError, renderEnv } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { OpenRelease } from '../../workspace/workspace';
import type { EnvOptions } from '../env';
import { prepareBundles } from '../git-mode/prepare';
import { checkPushed } from '../git-mode/pushed';
import { checkImages } from '../ecs/verify/images';
import { findImages, NOT_PUSHED } from '../verify-images';
import { publishedPortsOf, readBase } from './compose-command';
import type { Host } from './host/host';
import { checkHost } from './host/preflight';
import { composePlace } from './place';
import { readSecretStamps } from './secrets/secrets';

type VerifyHostOptions = Omit<EnvOptions, 'offline'> & { layers: boolean };

/** Checks everything that a deploy of this release to this host needs. Only reads. */
export async function verifyHost(
  open: OpenRelease,
  written: Environment,
  host: Host,
  options: VerifyHostOptions,
  log: Log,
): Promise<CheckResult[]> {
  const place = composePlace(written);
  const { environment, descriptor } = await prepareBundles(open, written, options.registries, log);
  const { results, images } = await findImages(open, environment, options, log);
  const rendered = renderEnv({ environment, release: open.release, descriptor, images, imageHasGit: true });
  const services = rendered.services.filter(({ image }) => image !== NOT_PUSHED);
  const exec = environment.exec?.image;
  const execImage = exec?.kind === 'digest' ? exec.reference : exec && images.get(exec.name);
  const imageOptions = { generation: open.release.generation, target: 'compose' as const, log };
  const pulled = execImage === NOT_PUSHED ? undefined : execImage;
  const checked = await checkImages(environment, { ...rendered, services }, pulled, imageOptions);
  const architectures = [...new Set(composeServices(environment).map(({ architecture }) => architecture))];
  let ports: Awaited<ReturnType<typeof publishedPortsOf>> = [];
  const composeFile = await attempt({ check: 'compose-file', kind: 'file', subject: place.file }, async () => {
    ports = publishedPortsOf(await readBase(host, place, environment), environment);
    return [];
  });
  const machine = await attempt({ check: 'host', kind: 'host', subject: host.name }, () =>
    checkHost(host, { ...place, architectures, ports }),
  );
  const secrets = await attempt({ check: 'secret-files', kind: 'host', subject: host.name }, async () => {
    const stamps = await readSecretStamps(host, place, environment);
    return stamps.size === 0 ? [] : [{ ...SECRETS_PASS, subject: [...stamps.keys()].join(', ') }];
  });
  return [...results, ...(await checkPushed(open, descriptor.clones, log)), ...checked, ...machine, ...composeFile, ...secrets];
}

const SECRETS_PASS = {
  check: 'secret-files',
  kind: 'secret',
  status: 'pass',
  detail: 'can be read by the deploy’s user only',
} as const;

/** Work that fails with Problems, as failed checks. Without results of its own it has passed. */
async function attempt(
  { check, kind, subject }: Pick<CheckResult, 'check' | 'kind' | 'subject'>,
  work: () => Promise<CheckResult[]>,
): Promise<CheckResult[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return error.problems.map(({ message, hint }): CheckResult => ({
      check,
      kind,
      subject,
      status: 'fail',
      detail: message.replace(/\.$/, ''),
      ...(hint !== undefined && { hint }),
    }));
  }
}
