import type { CheckResult } from '@kdcube/release/internal';
import { applyCheck, mountTargetInZone, nfsAllowed } from '@kdcube/release/internal';
import type { AwsApi } from '../../../../aws/api/aws-api';
import type { SecurityGroup, Subnet } from '../../../../aws/api/network';
import type { MountTarget } from '../../../../aws/api/storage';
import type { Network } from './network';
import { allowsNfs, type Source } from './nfs';
import { runCheck } from '../results';
import type { RunningService } from '../services';

/** Checks that tasks can mount a file system. A task uses the mount target of its zone: each zone where it can start needs one, and its security groups must allow NFS. */
export async function checkMountTargets(
  id: string,
  services: readonly RunningService[],
  network: Network,
  api: AwsApi,
): Promise<CheckResult[]> {
  const users = services.filter((service) => subnetsOf(service, network).length > 0);
  if (users.length === 0) return [];
  return runCheck(mountTargetInZone, id, async () => {
    const targets = (await api.describeMountTargets(id)).filter(({ state }) => state === 'available');
    const zones = users.map((service) =>
      applyCheck(mountTargetInZone, id, { service: service.service.name, subnets: subnetsOf(service, network), targets }),
    );
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

interface Connection {
  service: RunningService;
  target: MountTarget;
}

async function checkNfs(id: string, connections: readonly Connection[], network: Network, api: AwsApi): Promise<CheckResult[]> {
  const targets = [...new Map(connections.map(({ target }) => [target.id, target])).values()];
  if (targets.length === 0) return [];
  return runCheck(nfsAllowed, id, async () => {
    const failures = new Map<string, CheckResult>();
    let allowed: CheckResult | undefined;
    for (const target of targets) {
      const groups = await api.describeSecurityGroups(await api.listMountTargetSecurityGroups(target.id));
      for (const { service } of connections.filter((connection) => connection.target === target)) {
        const result = checkNfsRules(id, service, groups, sourceOf(service, target, network));
        if (result.status === 'pass') allowed = result;
        else failures.set(result.detail, result);
      }
    }
    return failures.size > 0 ? [...failures.values()] : (allowed ?? []);
  });
}

function sourceOf(service: RunningService, { zone }: MountTarget, network: Network): Source {
  const subnets = subnetsOf(service, network).filter((subnet) => subnet.zone === zone);
  return { securityGroups: service.network.securityGroups, cidrs: subnets.map(({ cidr }) => cidr) };
}

function checkNfsRules(id: string, { service }: RunningService, groups: readonly SecurityGroup[], source: Source): CheckResult {
  const targetGroups = groups.map((group) => group.id);
  return applyCheck(nfsAllowed, id, { service: service.name, isAllowed: allowsNfs(groups, source), targetGroups, source });
}
