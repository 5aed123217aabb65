import type { AwsApi } from '../../../aws/api/aws-api';
import type { SecurityGroup, Subnet } from '../../../aws/api/network';
import type { MountTarget } from '../../../aws/api/storage';
import { vpcsOf, type Network } from './network';
import { allowsNfs, type Source } from './nfs';
import { fail, pass, runCheck, unknown, type CheckResult } from './results';
import type { RunningService } from './services';

/** Checks that tasks can mount a file system. A task uses the mount target of its zone: each zone where it can start needs one, and its security groups must allow NFS. */
export async function checkMountTargets(
  id: string,
  services: readonly RunningService[],
  network: Network,
  api: AwsApi,
): Promise<CheckResult[]> {
  const users = services.filter((service) => subnetsOf(service, network).length > 0);
  if (users.length === 0) return [];
  return runCheck('mount target', id, async () => {
    const targets = (await api.describeMountTargets(id)).filter(({ state }) => state === 'available');
    const zones = users.map((service) => checkZones(id, service, network, targets));
    const connections = users.flatMap((service) =>
      targets.filter((target) => usesTarget(service, network, target)).map((target) => ({ service, target })),
    );
    return [...zones, ...(await checkNfs(id, connections, network, api))];
  });
}

function subnetsOf({ network: { subnets } }: RunningService, network: Network): Subnet[] {
  return subnets.flatMap((subnet) => network.subnets.get(subnet) ?? []);
}

function usesTarget(service: RunningService, network: Network, target: MountTarget): boolean {
  return subnetsOf(service, network).some(({ vpc, zone }) => vpc === target.vpc && zone === target.zone);
}

function checkZones(id: string, service: RunningService, network: Network, targets: readonly MountTarget[]): CheckResult {
  const { name } = service.service;
  const subnets = subnetsOf(service, network);
  const uncovered = subnets.filter(({ vpc, zone }) => !targets.some((target) => target.vpc === vpc && target.zone === zone));
  const [first] = uncovered;
  if (!first) return pass('mount target', id, `in every zone of ${name}: ${zonesOf(subnets)}`);
  return fail(
    'mount target',
    id,
    `is missing in ${zonesOf(uncovered)} of ${vpcsOf(subnets).join(', ')}, where tasks of ${name} can start`,
    `aws efs create-mount-target --file-system-id ${id} --subnet-id ${first.id}`,
  );
}

function zonesOf(subnets: readonly Subnet[]): string {
  return [...new Set(subnets.map(({ zone }) => zone))].sort().join(', ');
}

interface Connection {
  service: RunningService;
  target: MountTarget;
}

async function checkNfs(id: string, connections: readonly Connection[], network: Network, api: AwsApi): Promise<CheckResult[]> {
  const targets = [...new Map(connections.map(({ target }) => [target.id, target])).values()];
  if (targets.length === 0) return [];
  return runCheck('nfs', id, async () => {
    const results = new Map<string, CheckResult>();
    for (const target of targets) {
      const groups = await api.describeSecurityGroups(await api.listMountTargetSecurityGroups(target.id));
      for (const { service } of connections.filter((connection) => connection.target === target)) {
        const cidrs = subnetsOf(service, network)
          .filter(({ zone }) => zone === target.zone)
          .map(({ cidr }) => cidr);
        const source = { securityGroups: service.network.securityGroups, cidrs };
        const result = checkNfsRules(id, service, groups, source);
        if (result) results.set(result.detail, result);
      }
    }
    return results.size > 0 ? [...results.values()] : [pass('nfs', id, 'TCP 2049 is open to the tasks that mount it')];
  });
}

/** Undefined if the security groups of a mount target allow the connection. */
function checkNfsRules(
  id: string,
  { service: { name } }: RunningService,
  groups: readonly SecurityGroup[],
  source: Source,
): CheckResult | undefined {
  const isAllowed = allowsNfs(groups, source);
  if (isAllowed === 'yes') return undefined;
  const targets = groups.map((group) => group.id).join(', ') || 'its mount targets';
  const from = source.securityGroups.join(', ') || source.cidrs.join(', ');
  if (isAllowed === 'unknown') return unknown('nfs', id, `a prefix list of ${targets} may or may not allow ${name} on TCP 2049`);
  return fail(
    'nfs',
    id,
    `no rule of ${targets} allows ${name} on TCP 2049, from ${from}`,
    `aws ec2 authorize-security-group-ingress --group-id ${groups[0]?.id ?? '…'} --protocol tcp --port 2049 --source-group ${source.securityGroups[0] ?? '…'}`,
  );
}
