import type { AwsConnection } from '../client';
import { requireList, requireStrings, type Json } from '../response';
import { EFS } from '../services';
import { callRest } from '../signed-request';

export interface MountTarget {
  id: string;
  vpc: string;
  zone: string;
  state: string;
}

/** EFS. */
export interface StorageApi {
  /** `available`, or another state. */
  getFileSystemState(id: string): Promise<string>;
  describeMountTargets(fileSystem: string): Promise<MountTarget[]>;
  /** The ids of the security groups of a mount target. */
  listMountTargetSecurityGroups(mountTarget: string): Promise<string[]>;
  describeAccessPoint(id: string): Promise<{ fileSystem: string; state: string }>;
}

export function storageApi(aws: AwsConnection): StorageApi {
  const describe = async (kind: string, path: string, query: Record<string, string>): Promise<Json[]> => {
    const action = `Describe${kind}`;
    const response = await callRest(aws, EFS, action, `/2015-02-01/${path}`, query);
    return requireList(response, kind, `elasticfilesystem:${action}`);
  };
  return {
    async getFileSystemState(id) {
      const [fileSystem] = await describe('FileSystems', 'file-systems', { FileSystemId: id });
      return toText(fileSystem?.LifeCycleState);
    },
    async describeMountTargets(fileSystem) {
      return (await describe('MountTargets', 'mount-targets', { FileSystemId: fileSystem })).map((target) => ({
        id: toText(target.MountTargetId),
        vpc: toText(target.VpcId),
        zone: toText(target.AvailabilityZoneName),
        state: toText(target.LifeCycleState),
      }));
    },
    async listMountTargetSecurityGroups(mountTarget) {
      const action = 'DescribeMountTargetSecurityGroups';
      const path = `/2015-02-01/mount-targets/${encodeURIComponent(mountTarget)}/security-groups`;
      return requireStrings(await callRest(aws, EFS, action, path), 'SecurityGroups', `elasticfilesystem:${action}`);
    },
    async describeAccessPoint(id) {
      const [point] = await describe('AccessPoints', 'access-points', { AccessPointId: id });
      return { fileSystem: toText(point?.FileSystemId), state: toText(point?.LifeCycleState) };
    },
  };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
