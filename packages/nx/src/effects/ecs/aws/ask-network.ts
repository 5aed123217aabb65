import { listIn, unreadable, wordsIn } from './answer';
import type { AwsConnection } from './client';
import { askSigned } from './signed';
import { childOf, type Element, listOf, textOf } from './xml';

export interface Subnet {
  id: string;
  vpc: string;
  zone: string;
  cidr: string;
  /** Addresses that nobody has. */
  free: number;
}

/** Who may come in, by a rule of a security group. */
export interface Ingress {
  /** `-1`: every protocol, and every port. */
  protocol: string;
  from: number;
  to: number;
  groups: string[];
  cidrs: string[];
  /** Lists of addresses that are not asked for here. */
  prefixLists: string[];
}

export interface SecurityGroup {
  id: string;
  vpc: string;
  ingress: Ingress[];
}

export interface MountTarget {
  id: string;
  vpc: string;
  zone: string;
  state: string;
}

/** What `verify` asks of EC2 and EFS: where tasks are started, and what they mount there. What is not there is not in the answer. */
export interface NetworkQuestions {
  subnets(ids: readonly string[]): Promise<Subnet[]>;
  securityGroups(ids: readonly string[]): Promise<SecurityGroup[]>;
  /** `available`, or another state. */
  fileSystem(id: string): Promise<string>;
  mountTargets(fileSystem: string): Promise<MountTarget[]>;
  mountTargetGroups(mountTarget: string): Promise<string[]>;
  accessPoint(id: string): Promise<{ fileSystem: string; state: string }>;
}

export function networkQuestions(aws: AwsConnection): NetworkQuestions {
  // By a filter: asked by their ids, one that is not there would hide all the others.
  const ec2 = async (action: string, filter: string, ids: readonly string[], list: string): Promise<Element[]> => {
    if (ids.length === 0) return [];
    const values = Object.fromEntries(ids.map((id, index) => [`Filter.1.Value.${index + 1}`, id]));
    const body = { Action: action, Version: '2016-11-15', 'Filter.1.Name': filter, ...values };
    const what = `ec2:${action}`;
    const { xml } = await askSigned(aws, { what, host: 'ec2', endpoint: 'EC2', body });
    if (!childOf(xml, list)) throw unreadable(what);
    return listOf(xml, list);
  };
  const efs = async (action: string, path: string, query: Readonly<Record<string, string>> = {}): Promise<object> => {
    const what = `elasticfilesystem:${action}`;
    const get = { path: `/2015-02-01/${path}`, query };
    return (await askSigned(aws, { what, host: 'elasticfilesystem', endpoint: 'EFS', get })).json;
  };
  const rows = async (kind: string, path: string, query: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> =>
    listIn(await efs(`Describe${kind}`, path, query), kind, `elasticfilesystem:Describe${kind}`);
  return {
    async subnets(ids) {
      return (await ec2('DescribeSubnets', 'subnet-id', ids, 'subnetSet')).map((item) => ({
        id: textOf(item, 'subnetId') ?? '',
        vpc: textOf(item, 'vpcId') ?? '',
        zone: textOf(item, 'availabilityZone') ?? '',
        cidr: textOf(item, 'cidrBlock') ?? '',
        free: Number(textOf(item, 'availableIpAddressCount')),
      }));
    },
    async securityGroups(ids) {
      return (await ec2('DescribeSecurityGroups', 'group-id', ids, 'securityGroupInfo')).map((item) => ({
        id: textOf(item, 'groupId') ?? '',
        vpc: textOf(item, 'vpcId') ?? '',
        ingress: listOf(item, 'ipPermissions').map(ingressOf),
      }));
    },
    async fileSystem(id) {
      const [found] = await rows('FileSystems', 'file-systems', { FileSystemId: id });
      return word(found?.LifeCycleState);
    },
    async mountTargets(fileSystem) {
      return (await rows('MountTargets', 'mount-targets', { FileSystemId: fileSystem })).map((row) => ({
        id: word(row.MountTargetId),
        vpc: word(row.VpcId),
        zone: word(row.AvailabilityZoneName),
        state: word(row.LifeCycleState),
      }));
    },
    async mountTargetGroups(mountTarget) {
      const path = `mount-targets/${encodeURIComponent(mountTarget)}/security-groups`;
      const action = 'DescribeMountTargetSecurityGroups';
      return wordsIn(await efs(action, path), 'SecurityGroups', `elasticfilesystem:${action}`);
    },
    async accessPoint(id) {
      const [found] = await rows('AccessPoints', 'access-points', { AccessPointId: id });
      return { fileSystem: word(found?.FileSystemId), state: word(found?.LifeCycleState) };
    },
  };
}

function ingressOf(rule: Element): Ingress {
  const each = (list: string, name: string) => listOf(rule, list).flatMap((item) => textOf(item, name) ?? []);
  return {
    protocol: textOf(rule, 'ipProtocol') ?? '',
    from: Number(textOf(rule, 'fromPort')),
    to: Number(textOf(rule, 'toPort')),
    groups: each('groups', 'groupId'),
    cidrs: each('ipRanges', 'cidrIp'),
    prefixLists: each('prefixListIds', 'prefixListId'),
  };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
