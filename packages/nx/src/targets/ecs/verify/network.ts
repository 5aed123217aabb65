import type { NetworkApi, SecurityGroup, Subnet } from '../../../aws/api/network';
import type { Placement } from './placements';
import { fail, pass, runCheck, type CheckResult } from './results';
import type { RunningService } from './services';

/** The subnets and security groups that exist, by id. One that may not be read is missing here too. */
export interface Network {
  subnets: ReadonlyMap<string, Subnet>;
  securityGroups: ReadonlyMap<string, SecurityGroup>;
}

/** Checks that subnets, security groups and target groups exist and are in the same VPC: otherwise ECS starts no task. */
export async function checkNetwork(
  placements: readonly Placement[],
  running: readonly RunningService[],
  api: NetworkApi,
): Promise<{ results: CheckResult[]; network: Network }> {
  const idsOf = (key: 'subnets' | 'securityGroups') => [...new Set(placements.flatMap((placement) => placement[key]))].sort();
  const subnets = await readAll('subnet', idsOf('subnets'), placements, api.describeSubnets, 'describe-subnets');
  const groups = await readAll(
    'security group',
    idsOf('securityGroups'),
    placements,
    api.describeSecurityGroups,
    'describe-security-groups',
  );
  const network = { subnets: subnets.byId, securityGroups: groups.byId };
  return {
    network,
    results: [
      ...subnets.results,
      ...groups.results,
      ...placements.flatMap((placement) => checkPlacement(placement, network)),
      ...running.flatMap((service) => checkTargetGroupVpcs(service, network)),
    ],
  };
}

async function readAll<T extends { id: string }>(
  kind: string,
  ids: readonly string[],
  placements: readonly Placement[],
  describe: (ids: readonly string[]) => Promise<T[]>,
  command: string,
): Promise<{ results: CheckResult[]; byId: Map<string, T> }> {
  const byId = new Map<string, T>();
  if (ids.length === 0) return { results: [], byId };
  const results = await runCheck(kind, ids.join(', '), async () => {
    for (const item of await describe(ids)) byId.set(item.id, item);
    return ids
      .filter((id) => !byId.has(id))
      .map((id) => fail(kind, id, `does not exist, but is used by ${usersOf(placements, id)}`, `aws ec2 ${command}`));
  });
  return { results, byId };
}

function usersOf(placements: readonly Placement[], id: string): string {
  const users = placements.filter(({ subnets, securityGroups }) => [...subnets, ...securityGroups].includes(id));
  return users.flatMap(({ names }) => names).join(', ');
}

/** Checks what exists of a placement. */
function checkPlacement(placement: Placement, network: Network): CheckResult[] {
  const name = placement.names.join(', ');
  const subnets = placement.subnets.flatMap((id) => network.subnets.get(id) ?? []);
  const [vpc, ...others] = vpcsOf(subnets);
  if (vpc === undefined) return [];
  if (others.length > 0) {
    const list = subnets.map((subnet) => `${subnet.id} in ${subnet.vpc}`).join(', ');
    return [fail('network', name, `has subnets in more than one VPC: ${list}`, 'aws ec2 describe-subnets')];
  }
  const misplaced = checkSecurityGroupVpcs(placement, vpc, network);
  if (subnets.length < placement.subnets.length) return misplaced;
  const free = subnets.reduce((sum, { freeAddresses }) => sum + freeAddresses, 0);
  if (free < placement.extraTasks) {
    const detail = `has ${free} free IP addresses, but replacing all tasks at once takes ${placement.extraTasks} more`;
    return [...misplaced, fail('network', name, detail)];
  }
  if (misplaced.length > 0) return misplaced;
  const zones = [...new Set(subnets.map(({ zone }) => zone))].sort().join(', ');
  return [pass('network', name, `${subnets.length === 1 ? '1 subnet' : `${subnets.length} subnets`} of ${vpc}, in ${zones}`)];
}

function checkSecurityGroupVpcs({ names, securityGroups }: Placement, vpc: string, network: Network): CheckResult[] {
  return securityGroups.flatMap((id) => {
    const group = network.securityGroups.get(id);
    if (!group || group.vpc === vpc) return [];
    const detail = `is in ${group.vpc}, but the subnets of ${names.join(', ')} are in ${vpc}`;
    return [fail('security group', id, detail, `aws ec2 describe-security-groups --filters Name=vpc-id,Values=${vpc}`)];
  });
}

/** The VPCs of subnets, the most frequent one first. */
export function vpcsOf(subnets: readonly Subnet[]): string[] {
  const count = (vpc: string) => subnets.filter((subnet) => subnet.vpc === vpc).length;
  return [...new Set(subnets.map(({ vpc }) => vpc))].sort((a, b) => count(b) - count(a));
}

function checkTargetGroupVpcs({ service, network: { subnets }, targetGroups }: RunningService, network: Network): CheckResult[] {
  const vpcs = vpcsOf(subnets.flatMap((id) => network.subnets.get(id) ?? []));
  if (vpcs.length === 0) return [];
  return targetGroups
    .filter(({ vpc }) => vpc !== undefined && !vpcs.includes(vpc))
    .map(({ name, vpc }) =>
      fail('target group', name, `is in ${vpc}, but the tasks of ${service.serviceName} are in ${vpcs.join(', ')}`),
    );
}
