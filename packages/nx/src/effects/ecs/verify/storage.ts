import type { Environment } from '@kdcube/release';
import { inParallel } from '../../parallel';
import type { MountTarget, NetworkQuestions, SecurityGroup } from '../aws/ask-network';
import { answered, good, unknown, wrong, type Answer } from './answers';
import { letsIn, type Way } from './nfs';
import { vpcsOf, type Network } from './network';
import type { FoundService } from './services';

/** A file system, and the services that mount it. */
interface Mounted {
  id: string;
  accessPoints: string[];
  /** Of the services that mount it: those whose network is known. */
  by: FoundService[];
}

/** Whether every file system is there, and whether the tasks that mount it can reach it. */
export async function storageAnswers(
  environment: Environment,
  found: readonly FoundService[],
  network: Network,
  aws: NetworkQuestions,
): Promise<Answer[]> {
  const answers = await inParallel(mountedOf(environment, found), 2, async (mounted) => {
    const { id } = mounted;
    const there = await answered(
      'file system',
      id,
      async () => {
        const state = await aws.fileSystem(id);
        return state === 'available'
          ? good('file system', id, 'is there')
          : wrong('file system', id, `is ${state || 'not there'}`);
      },
      /FileSystemNotFound/,
      'aws efs describe-file-systems',
    );
    if (there.some(({ verdict }) => verdict === 'wrong')) return there;
    const points = await inParallel(mounted.accessPoints, 2, (point) => accessPointAnswer(id, point, aws));
    return [...there, ...points.flat(), ...(await reachAnswers(mounted, network, aws))];
  });
  return answers.flat();
}

function mountedOf({ services }: Environment, found: readonly FoundService[]): Mounted[] {
  const mounted = new Map<string, Mounted>();
  for (const service of services.filter(({ target }) => target === 'ecs'))
    for (const { efs } of service.mounts) {
      if (!efs) continue;
      const own = mounted.get(efs.id) ?? { id: efs.id, accessPoints: [], by: [] };
      mounted.set(efs.id, own);
      if (efs.accessPoint !== undefined && !own.accessPoints.includes(efs.accessPoint)) own.accessPoints.push(efs.accessPoint);
      const runs = found.find(({ service: { name } }) => name === service.name);
      if (runs && !own.by.includes(runs)) own.by.push(runs);
    }
  return [...mounted.values()];
}

async function accessPointAnswer(fileSystem: string, point: string, aws: NetworkQuestions): Promise<Answer[]> {
  const hint = `aws efs describe-access-points --file-system-id ${fileSystem}`;
  return answered(
    'access point',
    point,
    async () => {
      const found = await aws.accessPoint(point);
      if (found.fileSystem !== fileSystem)
        return wrong('access point', point, `is of ${found.fileSystem || 'nothing'}, and not of ${fileSystem}`, hint);
      return found.state === 'available'
        ? good('access point', point, `is there, of ${fileSystem}`)
        : wrong('access point', point, `is ${found.state}`, hint);
    },
    /AccessPointNotFound/,
    hint,
  );
}

/** A task mounts by the mount target of its own zone: there must be one wherever a task may start, and it must let the task in. */
async function reachAnswers({ id, by }: Mounted, network: Network, aws: NetworkQuestions): Promise<Answer[]> {
  const known = by.filter(({ network: { subnets } }) => subnets.some((subnet) => network.subnets.has(subnet)));
  if (known.length === 0) return [];
  return answered('mount target', id, async () => {
    const targets = (await aws.mountTargets(id)).filter(({ state }) => state === 'available');
    const answers = known.flatMap((service) => zoneAnswers(id, service, network, targets));
    const used = known.flatMap((service) =>
      targets.filter((target) => isNear(service, network, target)).map((target) => ({ service, target })),
    );
    return [...answers, ...(await portAnswers(id, used, network, aws))];
  });
}

function subnetsOf({ network: { subnets } }: FoundService, network: Network) {
  return subnets.flatMap((subnet) => network.subnets.get(subnet) ?? []);
}

function isNear(service: FoundService, network: Network, target: MountTarget): boolean {
  return subnetsOf(service, network).some(({ vpc, zone }) => vpc === target.vpc && zone === target.zone);
}

function zoneAnswers(id: string, service: FoundService, network: Network, targets: readonly MountTarget[]): Answer[] {
  const subnets = subnetsOf(service, network);
  const lacking = subnets.filter(({ vpc, zone }) => !targets.some((target) => target.vpc === vpc && target.zone === zone));
  const { name } = service.service;
  if (lacking.length === 0)
    return [
      good('mount target', id, `in every zone of ${name}: ${[...new Set(subnets.map(({ zone }) => zone))].sort().join(', ')}`),
    ];
  const zones = [...new Set(lacking.map(({ zone }) => zone))].sort().join(', ');
  return [
    wrong(
      'mount target',
      id,
      `has none in ${zones} of ${vpcsOf(subnets).join(', ')}, where tasks of ${name} may start`,
      `aws efs create-mount-target --file-system-id ${id} --subnet-id ${lacking[0]!.id}`,
    ),
  ];
}

interface Used {
  service: FoundService;
  target: MountTarget;
}

async function portAnswers(id: string, used: readonly Used[], network: Network, aws: NetworkQuestions): Promise<Answer[]> {
  const targets = [...new Map(used.map(({ target }) => [target.id, target])).values()];
  if (targets.length === 0) return [];
  return answered('nfs', id, async () => {
    const answers = new Map<string, Answer>();
    for (const target of targets) {
      const groups = await aws.securityGroups(await aws.mountTargetGroups(target.id));
      for (const { service } of used.filter((one) => one.target === target)) {
        const answer = portAnswer(id, service, groups, {
          groups: service.network.securityGroups,
          cidrs: subnetsOf(service, network)
            .filter(({ zone }) => zone === target.zone)
            .map(({ cidr }) => cidr),
        });
        if (answer) answers.set(answer.said, answer);
      }
    }
    return answers.size > 0 ? [...answers.values()] : [good('nfs', id, 'TCP 2049 is open to the tasks that mount it')];
  });
}

/** Undefined where they let it in. */
function portAnswer(
  id: string,
  { service: { name } }: FoundService,
  groups: readonly SecurityGroup[],
  way: Way,
): Answer | undefined {
  const may = letsIn(groups, way);
  if (may === 'yes') return undefined;
  const by = groups.map((group) => group.id).join(', ') || 'its mount targets';
  const from = way.groups.join(', ') || way.cidrs.join(', ');
  if (may === 'unknown') return unknown('nfs', id, `only a prefix list of ${by} may let ${name} in at TCP 2049`);
  return wrong(
    'nfs',
    id,
    `no rule of ${by} lets ${name} in at TCP 2049, from ${from}`,
    `aws ec2 authorize-security-group-ingress --group-id ${groups[0]?.id ?? '…'} --protocol tcp --port 2049 --source-group ${way.groups[0] ?? '…'}`,
  );
}
