import type { AwsConnection } from '../client';
import { invalidResponse } from '../response';
import { EC2 } from '../services';
import { callQuery } from '../signed-request';
import { findElement, findText, listItems, type XmlElement } from '../xml';

export interface Subnet {
  id: string;
  vpc: string;
  zone: string;
  cidr: string;
  freeAddresses: number;
}

/** An ingress rule of a security group. */
export interface IngressRule {
  /** `-1`: every protocol and every port. */
  protocol: string;
  fromPort: number;
  toPort: number;
  securityGroups: string[];
  cidrs: string[];
  /** Ids; their addresses are not resolved. */
  prefixLists: string[];
}

export interface SecurityGroup {
  id: string;
  vpc: string;
  ingress: IngressRule[];
}

/** The network of EC2. What does not exist is not in the result. */
export interface NetworkApi {
  describeSubnets(ids: readonly string[]): Promise<Subnet[]>;
  describeSecurityGroups(ids: readonly string[]): Promise<SecurityGroup[]>;
}

export function networkApi(aws: AwsConnection): NetworkApi {
  return {
    async describeSubnets(ids) {
      return (await describe(aws, 'DescribeSubnets', 'subnet-id', ids, 'subnetSet')).map((item) => ({
        id: findText(item, 'subnetId') ?? '',
        vpc: findText(item, 'vpcId') ?? '',
        zone: findText(item, 'availabilityZone') ?? '',
        cidr: findText(item, 'cidrBlock') ?? '',
        freeAddresses: Number(findText(item, 'availableIpAddressCount')),
      }));
    },
    async describeSecurityGroups(ids) {
      return (await describe(aws, 'DescribeSecurityGroups', 'group-id', ids, 'securityGroupInfo')).map((item) => ({
        id: findText(item, 'groupId') ?? '',
        vpc: findText(item, 'vpcId') ?? '',
        ingress: listItems(item, 'ipPermissions').map(toIngressRule),
      }));
    },
  };
}

/** Uses a filter, because a lookup by ids fails as a whole if one of them does not exist. */
async function describe(
  aws: AwsConnection,
  action: string,
  filter: string,
  ids: readonly string[],
  list: string,
): Promise<readonly XmlElement[]> {
  if (ids.length === 0) return [];
  const values = Object.fromEntries(ids.map((id, index) => [`Filter.1.Value.${index + 1}`, id]));
  const response = await callQuery(aws, EC2, action, { 'Filter.1.Name': filter, ...values });
  if (findElement(response, list) === undefined) throw invalidResponse(`ec2:${action}`);
  return listItems(response, list);
}

function toIngressRule(rule: XmlElement): IngressRule {
  const texts = (list: string, name: string) => listItems(rule, list).flatMap((item) => findText(item, name) ?? []);
  return {
    protocol: findText(rule, 'ipProtocol') ?? '',
    fromPort: Number(findText(rule, 'fromPort')),
    toPort: Number(findText(rule, 'toPort')),
    securityGroups: texts('groups', 'groupId'),
    cidrs: texts('ipRanges', 'cidrIp'),
    prefixLists: texts('prefixListIds', 'prefixListId'),
  };
}
