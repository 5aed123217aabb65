import type { NetworkApi, Subnet } from '../../../../aws/api/network';
import { checkNetwork } from './network';
import type { Placement } from './placements';

const subnet = (id: string, more: Partial<Subnet> = {}): Subnet => ({
  id,
  vpc: 'vpc-1',
  zone: 'eu-central-1a',
  cidr: '10.0.0.0/24',
  freeAddresses: 200,
  ...more,
});
const placement = (more: Partial<Placement> = {}): Placement => ({
  names: ['proc'],
  subnets: ['a', 'b'],
  securityGroups: ['sg'],
  extraTasks: 2,
  ...more,
});

async function resultsOf(placements: Placement[], subnets: Subnet[], groupVpc = 'vpc-1'): Promise<string[]> {
  const api: Pick<NetworkApi, 'describeSubnets' | 'describeSecurityGroups'> = {
    describeSubnets: async (ids) => subnets.filter(({ id }) => ids.includes(id)),
    describeSecurityGroups: async (ids) => ids.filter((id) => id !== 'gone').map((id) => ({ id, vpc: groupVpc, ingress: [] })),
  };
  const { results } = await checkNetwork(placements, [], api as NetworkApi);
  return results.map(({ status, kind, subject, detail }) => `${status} ${kind} ${subject}: ${detail}`);
}

it('one result for all services with the same network configuration', async () => {
  expect(await resultsOf([placement({ names: ['proc', 'web'] })], [subnet('a'), subnet('b', { zone: 'eu-central-1b' })])).toEqual(
    ['pass network proc, web: 2 subnets of vpc-1, in eu-central-1a, eu-central-1b'],
  );
});

it('reports each missing subnet and security group with everything that uses it', async () => {
  expect(
    await resultsOf([placement(), placement({ names: ['exec'], subnets: ['b'], securityGroups: ['gone'] })], [subnet('a')]),
  ).toEqual([
    'fail subnet b: does not exist, but is used by proc, exec',
    'fail security group gone: does not exist, but is used by exec',
  ]);
});

it('requires as many free addresses as a rollout takes', async () => {
  expect(
    await resultsOf([placement({ extraTasks: 4 })], [subnet('a', { freeAddresses: 3 }), subnet('b', { freeAddresses: 0 })]),
  ).toEqual(['fail network proc: has 3 free IP addresses, but replacing all tasks at once takes 4 more']);
  expect(
    await resultsOf([placement({ extraTasks: 3 })], [subnet('a', { freeAddresses: 3 }), subnet('b', { freeAddresses: NaN })]),
  ).toEqual(['pass network proc: 2 subnets of vpc-1, in eu-central-1a']);
});

it('requires subnets and security groups in the same VPC', async () => {
  expect(await resultsOf([placement()], [subnet('a'), subnet('b')], 'vpc-2')).toEqual([
    'fail security group sg: is in vpc-2, but the subnets of proc are in vpc-1',
  ]);
  expect(await resultsOf([placement()], [subnet('a'), subnet('b', { vpc: 'vpc-2' })])).toEqual([
    'fail network proc: has subnets in more than one VPC: a in vpc-1, b in vpc-2',
  ]);
});
