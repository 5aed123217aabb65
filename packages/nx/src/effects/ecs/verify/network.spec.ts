import type { NetworkQuestions, Subnet } from '../aws/ask-network';
import { networkAnswers } from './network';
import type { Place } from './places';

const subnet = (id: string, more: Partial<Subnet> = {}): Subnet => ({
  id,
  vpc: 'vpc-1',
  zone: 'eu-central-1a',
  cidr: '10.0.0.0/24',
  free: 200,
  ...more,
});
const place = (more: Partial<Place> = {}): Place => ({
  names: ['proc'],
  subnets: ['a', 'b'],
  securityGroups: ['sg'],
  tasks: 2,
  ...more,
});

async function said(places: Place[], subnets: Subnet[], groupVpc = 'vpc-1'): Promise<string[]> {
  const aws: Pick<NetworkQuestions, 'subnets' | 'securityGroups'> = {
    subnets: async (ids) => subnets.filter(({ id }) => ids.includes(id)),
    securityGroups: async (ids) => ids.filter((id) => id !== 'gone').map((id) => ({ id, vpc: groupVpc, ingress: [] })),
  };
  const { answers } = await networkAnswers(places, [], aws as NetworkQuestions);
  return answers.map(({ verdict, about, subject, said: words }) => `${verdict} ${about} ${subject}: ${words}`);
}

it('what is there and belongs together is one line for all that start there', async () => {
  expect(await said([place({ names: ['proc', 'web'] })], [subnet('a'), subnet('b', { zone: 'eu-central-1b' })])).toEqual([
    'good network proc, web: 2 subnets of vpc-1, in eu-central-1a, eu-central-1b',
  ]);
});

it('what is not there is named with all that name it, and hides nothing', async () => {
  expect(await said([place(), place({ names: ['exec'], subnets: ['b'], securityGroups: ['gone'] })], [subnet('a')])).toEqual([
    'wrong subnet b: is not there, and proc, exec name it',
    'wrong security group gone: is not there, and exec names it',
  ]);
});

it('as many addresses as a rollout takes', async () => {
  expect(await said([place({ tasks: 4 })], [subnet('a', { free: 3 }), subnet('b', { free: 0 })])).toEqual([
    'wrong network proc: has 3 free addresses, and 4 more are taken while all of it is replaced',
  ]);
  expect(await said([place({ tasks: 3 })], [subnet('a', { free: 3 }), subnet('b', { free: NaN })])).toEqual([
    'good network proc: 2 subnets of vpc-1, in eu-central-1a',
  ]);
});

it('groups and subnets of different networks', async () => {
  expect(await said([place()], [subnet('a'), subnet('b')], 'vpc-2')).toEqual([
    'wrong security group sg: is of vpc-2, and the subnets of proc are of vpc-1',
  ]);
  expect(await said([place()], [subnet('a'), subnet('b', { vpc: 'vpc-2' })])).toEqual([
    'wrong network proc: has subnets of more than one VPC: a of vpc-1, b of vpc-2',
  ]);
});
