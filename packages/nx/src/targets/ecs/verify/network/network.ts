import type { Check, CheckResult } from '@kdcube/release/internal';
import {
  applyCheck,
  networkAddresses,
  networkVpc,
  securityGroupExists,
  securityGroupVpc,
  subnetExists,
  targetGroupVpc,
  vpcsOf,
} from '@kdcube/release/internal';
import type { NetworkApi, SecurityGroup, Subnet } from '../../../../aws/api/network';
import type { Placement } from './placements';
import { failuresOf, runCheck } from '../results';
import type { RunningService } from '../services';

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
  const subnets = await readAll(subnetExists, idsOf('subnets'), placements, api.describeSubnets);
  const groups = await readAll(securityGroupExists, idsOf('securityGroups'), placements, api.describeSecurityGroups);
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
  check: Check<{ exists: boolean; usedBy: readonly string[] }>,
  ids: readonly string[],
  placements: readonly Placement[],
  describe: (ids: readonly string[]) => Promise<T[]>,
): Promise<{ results: CheckResult[]; byId: Map<string, T> }> {
  const byId = new Map<string, T>();
  if (ids.length === 0) return { results: [], byId };
  const results = await runCheck(check, ids.join(', '), async () => {
    for (const item of await describe(ids)) byId.set(item.id, item);
    return failuresOf(ids.map((id) => applyCheck(check, id, { exists: byId.has(id), usedBy: usersOf(placements, id) })));
  });
  return { results, byId };
}

function usersOf(placements: readonly Placement[], id: string): string[] {
  const users = placements.filter(({ subnets, securityGroups }) => [...subnets, ...securityGroups].includes(id));
  return users.flatMap(({ names }) => names);
}

/** Checks what exists of a placement. */
function checkPlacement({ names, extraTasks, ...placement }: Placement, network: Network): CheckResult[] {
  const subnets = placement.subnets.flatMap((id) => network.subnets.get(id) ?? []);
  const [vpc] = vpcsOf(subnets);
  if (vpc === undefined) return [];
  const name = names.join(', ');
  const oneVpc = applyCheck(networkVpc, name, { subnets, extraTasks });
  if (oneVpc.status === 'fail') return [oneVpc];
  const groups = placement.securityGroups.flatMap((id) => network.securityGroups.get(id) ?? []);
  const misplaced = failuresOf(
    groups.map((group) => applyCheck(securityGroupVpc, group.id, { vpc: group.vpc, subnetVpc: vpc, usedBy: names })),
  );
  // The addresses of a missing subnet cannot be counted.
  if (subnets.length < placement.subnets.length) return misplaced;
  const addresses = applyCheck(networkAddresses, name, { subnets, extraTasks });
  return misplaced.length > 0 ? [...misplaced, ...failuresOf([addresses])] : [addresses];
}

function checkTargetGroupVpcs({ service, network: { subnets }, targetGroups }: RunningService, network: Network): CheckResult[] {
  const taskVpcs = vpcsOf(subnets.flatMap((id) => network.subnets.get(id) ?? []));
  if (taskVpcs.length === 0) return [];
  const facts = { service: service.serviceName, taskVpcs };
  return failuresOf(targetGroups.map(({ name, vpc }) => applyCheck(targetGroupVpc, name, { vpc, ...facts })));
}
