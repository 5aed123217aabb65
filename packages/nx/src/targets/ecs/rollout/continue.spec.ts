import { PLACE, service, SERVICES, type EcsDouble } from '../../../../../release/testing/rollouts/kit';
import { startDouble } from '../../../../testing/rollouts/run';
import { connectAws } from '../../../aws/client';
import { ecsPort } from '../ecs-port';
import { continueDeployments, findDeployments } from './continue';

const NAMES = SERVICES.map((name) => ({ name, serviceName: `acme-${name}` }));
const PROD = { ecs: PLACE };
const lifecycleHooks = [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }];
const deploymentConfiguration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, lifecycleHooks };

let double: EcsDouble;
let close: () => void;
afterEach(async () => {
  close();
  await double.close();
});

/** ui is paused, so many seconds after a new deployment started. */
async function open(after = 300) {
  double = await startDouble({
    services: SERVICES.map((name) => service(name, name === 'ui' ? { deploymentConfiguration } : {})),
  });
  const aws = await connectAws(PLACE.region, double.time);
  close = aws.close;
  const request = { cluster: PLACE.cluster, service: 'acme-ui', forceNewDeployment: true };
  await double.as('UpdateService', request);
  await double.clock.advance(after * 1000);
  return ecsPort(aws, PLACE.cluster);
}

it('continues a deployment that is paused, once', async () => {
  const ecs = await open();
  const found = await findDeployments(ecs, PROD, NAMES, false);
  expect(found).toMatchObject([
    { service: 'ui', from: 'acme-ui:1', to: 'acme-ui:1', state: { status: 'IN_PROGRESS', stage: 'POST_SCALE_UP' } },
  ]);
  await continueDeployments(ecs, found, false);
  expect(await findDeployments(ecs, PROD, NAMES, false)).toEqual([]);
  await double.clock.advance(1_200_000);
  expect((await ecs.listServiceDeployments('acme-ui'))[0]).toMatchObject({ status: 'SUCCESSFUL' });
  expect(await findDeployments(ecs, PROD, NAMES, true)).toEqual([]);
});

it.each([
  ['at its hook', 300, 'ContinueServiceDeployment'],
  ['in progress', 15, 'StopServiceDeployment'],
])('rolls a deployment back that is %s', async (_, after, op) => {
  const ecs = await open(after);
  await continueDeployments(ecs, await findDeployments(ecs, PROD, NAMES, true), true);
  expect(double.journal.entries.filter((entry) => entry.op === op)).toHaveLength(1);
  await double.clock.advance(300_000);
  expect((await ecs.listServiceDeployments('acme-ui'))[0]).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL' });
});

it('refuses credentials of another account', async () => {
  const ecs = await open();
  const other = { ecs: { ...PLACE, account: '999999999999' } };
  await expect(findDeployments(ecs, other, NAMES, false)).rejects.toMatchObject({ problems: [{ code: 'wrong-account' }] });
});

describe('ECS refuses the answer, because it is not needed any more', () => {
  it.each([
    ['continued', 300, false],
    ['rolled back at its hook', 300, true],
    ['rolled back', 15, true],
  ])('%s before: it worked', async (_, after, rollback) => {
    const ecs = await open(after);
    const found = await findDeployments(ecs, PROD, NAMES, rollback);
    await continueDeployments(ecs, found, rollback);
    await double.clock.advance(300_000);
    expect(await continueDeployments(ecs, found, rollback)).toEqual([]);
  });

  it.each([
    ['rolled back instead', true, false, 'ROLLBACK_SUCCESSFUL'],
    ['finished instead', false, true, 'SUCCESSFUL'],
  ])('%s: it says so', async (_, first, second, status) => {
    const ecs = await open();
    const found = await findDeployments(ecs, PROD, NAMES, false);
    await continueDeployments(ecs, found, first);
    await double.clock.advance(1_200_000);
    expect(await continueDeployments(ecs, found, second)).toMatchObject([{ service: 'ui', state: { status } }]);
  });

  it('another refusal is thrown', async () => {
    const ecs = await open();
    const found = await findDeployments(ecs, PROD, NAMES, false);
    double.faults.push({ op: 'ContinueServiceDeployment', error: 'ClientException' });
    await expect(continueDeployments(ecs, found, false)).rejects.toMatchObject({ problems: [{ code: 'aws-error' }] });
  });
});
