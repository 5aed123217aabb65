import { type Check, fail, pass, unknown } from './check';
import { vpcsOf, type SubnetFacts } from './network';

const USER_GUIDE = 'https://docs.aws.amazon.com/efs/latest/ug';

export const fileSystemAvailable: Check<{ state: string | undefined }> = {
  name: 'file-system-available',
  kind: 'file system',
  title: 'The EFS file system exists and is available',
  why: 'A task that cannot mount its volumes does not start.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ state }) {
    if (state === 'available') return pass('exists');
    return state ? fail(`is ${state}`) : fail('does not exist', 'aws efs describe-file-systems');
  },
};

export interface AccessPointFacts {
  /** Undefined if the access point does not exist. */
  found: { fileSystem: string; state: string } | undefined;
  fileSystem: string;
}

export const accessPointAvailable: Check<AccessPointFacts> = {
  name: 'access-point-available',
  kind: 'access point',
  title: 'The access point exists, is available, and belongs to the file system',
  why: 'A task that cannot mount its volumes does not start.',
  source: `${USER_GUIDE}/efs-access-points.html`,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ found, fileSystem }) {
    const hint = `aws efs describe-access-points --file-system-id ${fileSystem}`;
    if (!found) return fail('does not exist', hint);
    if (found.fileSystem !== fileSystem)
      return fail(`belongs to ${found.fileSystem || 'no file system'}, not to ${fileSystem}`, hint);
    if (found.state === 'available') return pass(`exists, for ${fileSystem}`);
    return fail(`is ${found.state}`, hint);
  },
};

export interface MountTargetFacts {
  service: string;
  /** Where its tasks can start. */
  subnets: readonly SubnetFacts[];
  /** The available mount targets of the file system. */
  targets: readonly { vpc: string; zone: string }[];
}

/** Its subject is the file system. */
export const mountTargetInZone: Check<MountTargetFacts> = {
  name: 'mount-target-in-zone',
  kind: 'mount target',
  title: 'The file system has a mount target in every zone where a task that mounts it can start',
  why: 'A task uses the mount target of its zone: in another zone it does not start.',
  source: `${USER_GUIDE}/accessing-fs.html`,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ service, subnets, targets }, fileSystem) {
    const uncovered = subnets.filter(({ vpc, zone }) => !targets.some((target) => target.vpc === vpc && target.zone === zone));
    const [first] = uncovered;
    if (!first) return pass(`in every zone of ${service}: ${zonesOf(subnets)}`);
    return fail(
      `is missing in ${zonesOf(uncovered)} of ${vpcsOf(subnets).join(', ')}, where tasks of ${service} can start`,
      `aws efs create-mount-target --file-system-id ${fileSystem} --subnet-id ${first.id}`,
    );
  },
};

function zonesOf(subnets: readonly SubnetFacts[]): string {
  return [...new Set(subnets.map(({ zone }) => zone))].sort().join(', ');
}

export interface NfsFacts {
  service: string;
  /** Whether a rule of the mount target allows NFS from the service. `unknown`: a rule names a prefix list, whose addresses are not resolved. */
  isAllowed: 'yes' | 'no' | 'unknown';
  /** The security groups of the mount target. */
  targetGroups: readonly string[];
  source: { securityGroups: readonly string[]; cidrs: readonly string[] };
}

/** Its subject is the file system. */
export const nfsAllowed: Check<NfsFacts> = {
  name: 'nfs-allowed',
  kind: 'nfs',
  title: 'The security groups of the mount targets allow NFS (TCP 2049) from the tasks',
  why: 'A task that cannot reach its file system hangs, and then does not start.',
  source: `${USER_GUIDE}/network-access.html`,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ service, isAllowed, targetGroups, source }) {
    if (isAllowed === 'yes') return pass('TCP 2049 is open to the tasks that mount it');
    const groups = targetGroups.join(', ') || 'its mount targets';
    if (isAllowed === 'unknown') return unknown(`a prefix list of ${groups} may or may not allow ${service} on TCP 2049`);
    const from = source.securityGroups.join(', ') || source.cidrs.join(', ');
    return fail(
      `no rule of ${groups} allows ${service} on TCP 2049, from ${from}`,
      `aws ec2 authorize-security-group-ingress --group-id ${targetGroups[0] ?? '…'} --protocol tcp --port 2049 --source-group ${source.securityGroups[0] ?? '…'}`,
    );
  },
};
