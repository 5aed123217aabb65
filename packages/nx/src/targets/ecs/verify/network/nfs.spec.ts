import type { IngressRule } from '../../../../aws/api/network';
import { allowsNfs, containsNetwork } from './nfs';

const rule = (more: Partial<IngressRule>): IngressRule => ({
  protocol: 'tcp',
  fromPort: 2049,
  toPort: 2049,
  securityGroups: [],
  cidrs: [],
  prefixLists: [],
  ...more,
});
const source = { securityGroups: ['sg-tasks'], cidrs: ['10.0.1.0/24'] };

it.each<[string, IngressRule[], string]>([
  ['no rule', [], 'no'],
  ['the group of the tasks', [rule({ securityGroups: ['sg-other', 'sg-tasks'] })], 'yes'],
  ['another group', [rule({ securityGroups: ['sg-other'] })], 'no'],
  ['another port', [rule({ securityGroups: ['sg-tasks'], fromPort: 22, toPort: 2048 })], 'no'],
  ['a range of ports', [rule({ securityGroups: ['sg-tasks'], fromPort: 0, toPort: 65535 })], 'yes'],
  ['another protocol', [rule({ securityGroups: ['sg-tasks'], protocol: 'udp' })], 'no'],
  ['everything', [rule({ securityGroups: ['sg-tasks'], protocol: '-1', fromPort: NaN, toPort: NaN })], 'yes'],
  ['the CIDR of the VPC', [rule({ cidrs: ['10.0.0.0/16'] })], 'yes'],
  ['a part of the subnet', [rule({ cidrs: ['10.0.1.0/25'] })], 'no'],
  ['a prefix list', [rule({ prefixLists: ['pl-1'] })], 'unknown'],
])('NFS from %s', (_, ingress, answer) => {
  expect(allowsNfs([{ id: 'sg-efs', vpc: 'vpc-1', ingress }], source)).toBe(answer);
});

it('a network in another', () => {
  expect(containsNetwork('0.0.0.0/0', '10.0.0.0/8')).toBe(true);
  expect(containsNetwork('10.0.0.0/8', '11.0.0.0/8')).toBe(false);
  expect(containsNetwork('10.0.0.0/24', '10.0.0.0/8')).toBe(false);
  for (const invalid of ['::/0', '10.0.0.0', '10.0.0.0/33', '1e3.0.0.0/1', ''])
    expect(containsNetwork(invalid, '10.0.0.0/8')).toBe(false);
});
