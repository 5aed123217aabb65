import type { Ingress } from '../aws/ask-network';
import { covers, letsIn } from './nfs';

const rule = (more: Partial<Ingress>): Ingress => ({
  protocol: 'tcp',
  from: 2049,
  to: 2049,
  groups: [],
  cidrs: [],
  prefixLists: [],
  ...more,
});
const way = { groups: ['sg-tasks'], cidrs: ['10.0.1.0/24'] };

it.each<[string, Ingress[], string]>([
  ['no rule', [], 'no'],
  ['the group of the tasks', [rule({ groups: ['sg-other', 'sg-tasks'] })], 'yes'],
  ['another group', [rule({ groups: ['sg-other'] })], 'no'],
  ['another port', [rule({ groups: ['sg-tasks'], from: 22, to: 2048 })], 'no'],
  ['a range of ports', [rule({ groups: ['sg-tasks'], from: 0, to: 65535 })], 'yes'],
  ['another protocol', [rule({ groups: ['sg-tasks'], protocol: 'udp' })], 'no'],
  ['everything', [rule({ groups: ['sg-tasks'], protocol: '-1', from: NaN, to: NaN })], 'yes'],
  ['the network of the subnets', [rule({ cidrs: ['10.0.0.0/16'] })], 'yes'],
  ['a part of it', [rule({ cidrs: ['10.0.1.0/25'] })], 'no'],
  ['a list that nobody asked for', [rule({ prefixLists: ['pl-1'] })], 'unknown'],
])('nfs by %s', (_, ingress, answer) => {
  expect(letsIn([{ id: 'sg-efs', vpc: 'vpc-1', ingress }], way)).toBe(answer);
});

it('one network in another', () => {
  expect(covers('0.0.0.0/0', '10.0.0.0/8')).toBe(true);
  expect(covers('10.0.0.0/8', '11.0.0.0/8')).toBe(false);
  expect(covers('10.0.0.0/24', '10.0.0.0/8')).toBe(false);
  for (const strange of ['::/0', '10.0.0.0', '10.0.0.0/33', '1e3.0.0.0/1', '']) expect(covers(strange, '10.0.0.0/8')).toBe(false);
});
