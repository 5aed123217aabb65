import { isPlatformImage } from '../../platform/images';
import { KdcubeError, quoted } from '../../problem/problem';
import type { DocumentPath } from '../../document/document';
import { isMapping } from '../../document/layers';
import { parseImageReference, parseRegistry } from '../../release/reference';
import type { ServiceImage } from '../environment';
import type { EnvironmentReport, EnvironmentRule } from './rule';
import { pathOf } from './rule';
import { secretRegion } from '../fetched-secrets';
import { shownReference } from '../secret-reference';

/** The keys that a target needs. */
export const targetsAreComplete: EnvironmentRule = ({ environment, written, filled }, report) => {
  if (!environment || written.abstract) return;
  const onEcs = environment.services.find(({ target }) => target === 'ecs');
  const fargate = environment.exec?.fargate;
  if (onEcs || fargate) {
    const because = onEcs ? `${quoted(onEcs.name)} runs on ECS` : 'code runs on Fargate';
    for (const key of ['account', 'region', 'cluster'] as const)
      // A wrong type is already reported.
      if (environment.ecs[key] === undefined && !(isMapping(filled.ecs) && key in filled.ecs))
        report({ code: 'missing-key', message: `ecs.${key} is missing: ${because}.`, hint: `ecs:\n  ${key}: "…"` }, ['ecs']);
  }
  if (fargate && fargate.subnets.length === 0)
    report(
      {
        code: 'missing-key',
        message: 'Code that runs on Fargate has no subnets: the platform would fail with fargate_disabled at the first request.',
        hint: 'ecs:\n  subnets: ["subnet-…"]',
      },
      ['exec', 'fargate', 'subnets'],
    );
  if (environment.ecs.account !== undefined && !/^\d{12}$/.test(environment.ecs.account))
    report(
      {
        code: 'wrong-value',
        message: `${quoted(environment.ecs.account)} is not the id of an AWS account: that has twelve digits.`,
      },
      ['ecs', 'account'],
    );
  if (environment.ecs.region !== undefined && !/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(environment.ecs.region))
    report(
      { code: 'wrong-value', message: `${quoted(environment.ecs.region)} is not an AWS region.`, hint: 'region: eu-central-1' },
      ['ecs', 'region'],
    );
};

/** Roles of another account cannot be passed to a task. */
export const rolesAreOfTheAccount: EnvironmentRule = ({ environment, written }, report) => {
  const account = environment?.ecs.account;
  const check = (role: string | undefined, path: DocumentPath) => {
    if (role === undefined) return;
    const arn = /^arn:aws[a-z-]*:iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(role);
    if (!arn && !/^[\w+=,.@-]{1,64}$/.test(role))
      report(
        {
          code: 'wrong-value',
          message: `${quoted(role)} is neither the name nor the ARN of a role.`,
          hint: 'arn:aws:iam::123456789012:role/name',
        },
        path,
      );
    else if (arn && account !== undefined && arn[1] !== account)
      report(
        {
          code: 'wrong-value',
          message: `This role belongs to the account ${arn[1]}, but the environment to ${account}: ECS cannot pass it to a task.`,
        },
        path,
      );
  };
  for (const key of ['execution_role', 'task_role'] as const) {
    check(written.ecs?.[key], ['ecs', key]);
    check(written.exec?.fargate?.[key], ['exec', 'fargate', key]);
    for (const [name, service] of Object.entries(written.services ?? {})) check(service[key], ['services', name, key]);
  }
};

/** A service with compose reads files of its host; what AWS has is fetched by the deploy and written there. */
export const secretsFitTargets: EnvironmentRule = ({ environment, written }, report) => {
  for (const service of environment?.services ?? []) {
    for (const [name, reference] of Object.entries(service.secrets)) {
      const path = pathOf(written, 'secrets', service, name);
      if (service.target === 'ecs' && reference.store === 'file')
        report(
          {
            code: 'wrong-target',
            message: `${name} of ${quoted(service.name)} is a file on a host, but the service runs on ECS.`,
            hint: 'ssm:/name or secretsmanager:name',
          },
          path,
        );
      if (service.target !== 'compose' || reference.store === 'file') continue;
      if (secretRegion(reference, environment?.ecs.region) !== undefined) continue;
      report(
        {
          code: 'missing-key',
          message: `ecs.region is missing: the deploy fetches ${shownReference(reference)} for ${quoted(service.name)} from AWS.`,
          hint: 'ecs:\n  region: eu-central-1    or the ARN of the secret',
        },
        path,
      );
    }
  }
};

export const imagesArePinned: EnvironmentRule = ({ environment, written, options }, report) => {
  if (!environment) return;
  const check = (image: ServiceImage, path: DocumentPath) => {
    if (image.kind === 'digest') return checkDigest(image.reference, report, path);
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(image.name))
      report(
        {
          code: 'registry-name',
          message: `${quoted(image.name)} cannot be the name of an image: only lower-case letters, digits and . _ - are allowed.`,
        },
        path,
      );
    else if (options.images && !options.images.includes(image.name))
      report(
        {
          code: 'unknown-image',
          message: `${quoted(image.name)} is not an image of this release.`,
          hint: imageHint(image.name, options.images),
        },
        path,
      );
    else if (environment.registry === undefined && !written.abstract)
      report(
        {
          code: 'registry-missing',
          message: `${quoted(image.name)} is an image of the release, but the environment has no registry.`,
          hint: 'registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme',
        },
        path,
      );
  };
  for (const service of environment.services) check(service.image, ['services', service.name, 'image']);
  if (environment.exec) check(environment.exec.image, ['exec', 'image']);
  if (environment.registry !== undefined) reportError(() => parseRegistry(environment.registry!), report, ['registry']);
};

function imageHint(name: string, images: readonly string[]): string {
  if (isPlatformImage(name))
    return 'platform: {…, registry: docker.io/kdcube}    in release.yaml makes the platform’s images part of the release; or the image by digest';
  return images.length > 0 ? `one of ${images.join(', ')}; or another image by digest` : 'an image by digest: …@sha256:…';
}

function checkDigest(reference: string, report: EnvironmentReport, path: DocumentPath): void {
  const image = reportError(() => parseImageReference(reference), report, path);
  if (image && image.digest === undefined)
    report(
      {
        code: 'mutable-ref',
        message: `${quoted(reference)} can change: an image from outside the release must be named by digest.`,
        hint: `docker buildx imagetools inspect ${reference}    then write ${reference.replace(/:[\w.-]+$/, '')}@sha256:…`,
      },
      path,
    );
}

function reportError<T>(parse: () => T, report: EnvironmentReport, path: DocumentPath): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    for (const { code, message, hint } of error.problems) report({ code, message, hint }, path);
    return undefined;
  }
}

/** MiB that Fargate offers for each amount of CPU: from, to, step. */
const FARGATE: Record<number, [from: number, to: number, step: number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16_384: [32_768, 122_880, 8192],
};

export const sizesExist: EnvironmentRule = ({ environment }, report) => {
  const check = (what: { cpu: number; memory: number }, path: DocumentPath) => {
    const range = Object.hasOwn(FARGATE, what.cpu) ? FARGATE[what.cpu] : undefined;
    if (!range)
      report(
        {
          code: 'wrong-value',
          message: `Fargate has no task size with ${what.cpu} CPU units.`,
          hint: `cpu: one of ${Object.keys(FARGATE).join(', ')}`,
        },
        [...path, 'cpu'],
      );
    else if (
      what.memory < range[0] ||
      what.memory > range[1] ||
      (what.memory % range[2] !== 0 && !(what.cpu === 256 && what.memory === 512))
    )
      report(
        {
          code: 'wrong-value',
          message: `Fargate has no task size with ${what.cpu} CPU units and ${what.memory} MiB.`,
          hint: `memory: ${range[0]} to ${range[1]} in steps of ${range[2]}`,
        },
        [...path, 'memory'],
      );
  };
  for (const service of environment?.services ?? [])
    if (service.target === 'ecs' && service.taskDefinition === 'environment') check(service, ['services', service.name]);
  if (environment?.exec?.fargate) check(environment.exec.fargate, ['exec', 'fargate']);
};

export const mountsAreValid: EnvironmentRule = ({ environment }, report) => {
  for (const { name, mounts, target } of environment?.services ?? []) {
    for (const { path, efs, host } of mounts) {
      const reportMount = (message: string) =>
        report({ code: 'wrong-value', message }, ['services', name, 'mounts', path], 'key');
      if (!/^\/[^\0:]*$/.test(path) || path.split('/').includes('..'))
        reportMount(`${quoted(path)} is not an absolute path in the container.`);
      else if ((efs === undefined) === (host === undefined)) reportMount('A mount needs either efs or host.');
      else if (host !== undefined && !host.startsWith('/')) reportMount(`${quoted(host)} is not an absolute path on the host.`);
      else if (efs && !/^fs-[0-9a-f]+$/.test(efs.id)) reportMount(`${quoted(efs.id)} is not the id of an EFS file system.`);
      else if (efs && target === 'compose')
        reportMount('Only ECS mounts EFS file systems: with compose, mount it on the host and use that folder.');
    }
  }
};

/** What proc needs to run code. */
export const execCanRun: EnvironmentRule = ({ environment }, report, note) => {
  const { exec, services, bundles } = environment ?? {};
  if (!exec) return;
  for (const proc of services!.filter(({ component }) => component === 'proc')) {
    const has = (path: string) => proc.mounts.some((mount) => mount.path === path);
    if (exec.runtime === 'docker' && proc.target === 'ecs' && !has('/var/run/docker.sock'))
      report(
        {
          code: 'wrong-target',
          message: `${quoted(proc.name)} runs on ECS without a docker socket: it could not run code.`,
          hint: 'runtime: fargate    or, on EC2 instances, a mount of /var/run/docker.sock',
        },
        ['exec', 'runtime'],
      );
    else if (exec.runtime === 'docker' && exec.workspace === undefined)
      report(
        {
          code: 'missing-key',
          message: 'exec.workspace is missing: docker runs code in a folder of the host that proc shares.',
          hint: 'workspace: /opt/kdcube/exec-workspace',
        },
        ['exec', 'workspace'],
      );
    // A deploy with compose copies the bundles to the host.
    if (exec.runtime === 'docker' && bundles?.mode === 'baked' && proc.target === 'ecs')
      note(
        {
          code: 'exec-shadow',
          message:
            'docker hides the bundles in the exec image: it mounts those of the host over them. Tools of bundles need the same bundles in HOST_BUNDLES_PATH, or Fargate.',
        },
        ['exec', 'runtime'],
      );
  }
  if (exec.workspace !== undefined && !exec.workspace.startsWith('/'))
    report({ code: 'wrong-value', message: `${quoted(exec.workspace)} is not an absolute path on the host.` }, [
      'exec',
      'workspace',
    ]);
};
