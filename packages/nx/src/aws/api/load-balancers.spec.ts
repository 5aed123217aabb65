import { PLACE, service, SERVICES, type EcsDouble } from '../../../../release/testing/rollouts/kit';
import { BALANCED } from '../../../../release/testing/rollouts/row';
import { startDouble } from '../../../testing/rollouts/run';
import { connectAws } from '../client';
import { ecsPort } from '../../targets/ecs/ecs-port';

const GROUP = BALANCED.targetGroupArn;
let double: EcsDouble & { garbled?: object[] };
let end: () => void;

async function open() {
  const aws = await connectAws(PLACE.region, double.time);
  end = aws.close;
  return ecsPort(aws, PLACE.cluster);
}

beforeAll(async () => {
  double = await startDouble({
    services: SERVICES.map((name) => service(name, { loadBalancers: name === 'ui' ? [BALANCED] : [] })),
  });
});
afterEach(() => {
  double.garbled = [];
  end();
});
afterAll(() => double.close());

it('a target is known by the address of its task', async () => {
  const ecs = await open();
  const [seen] = await ecs.describeServices(['acme-ui']);
  expect(seen).toMatchObject({ targetGroups: [GROUP], hasAlarms: false });
  const [task] = await ecs.listServiceTasks('acme-ui', 'RUNNING');
  expect(await ecs.describeTargetHealth(GROUP)).toEqual([{ id: task!.addresses![0], state: 'healthy' }]);
});

const answer = (inner: string) =>
  `<DescribeTargetHealthResponse><DescribeTargetHealthResult>${inner}</DescribeTargetHealthResult></DescribeTargetHealthResponse>`;
const list = (...members: string[]) => answer(`<TargetHealthDescriptions>${members.join('')}</TargetHealthDescriptions>`);
const member = (id: string, state: string) =>
  `<member><Target><Id>${id}</Id></Target><TargetHealth><State>${state}</State><Reason>a b</Reason></TargetHealth></member>`;

it('none is an answer; a reason that is no word of Amazon is dropped', async () => {
  const ecs = await open();
  double.garbled = [{ as: list() }];
  expect(await ecs.describeTargetHealth(GROUP)).toEqual([]);
  double.garbled = [{ as: list(member('10.0.0.1', 'draining')) }];
  expect(await ecs.describeTargetHealth(GROUP)).toEqual([{ id: '10.0.0.1', state: 'draining' }]);
});

it.each([
  ['a page of a proxy', 'html'],
  ['half of it', 'half'],
  ['nothing', ''],
  ['JSON', {}],
  ['no list', answer('')],
  ['words in place of a list', list('nothing')],
  ['something else in the list', list('<item/>')],
  ['no target', list('<member/>')],
  ['an empty id', list(member('', 'healthy'))],
  ['a state that Amazon does not have', list(member('10.0.0.1', 'fine'))],
  ['one that cannot be read among others', list(member('10.0.0.1', 'healthy'), '<member/>')],
])('%s is no answer', async (_, as) => {
  const ecs = await open();
  double.garbled = [{ as }];
  await expect(ecs.describeTargetHealth(GROUP)).rejects.toMatchObject({ problems: [{ code: 'aws-error' }] });
});
