import { PLACE, service, SERVICES, type EcsDouble } from '../../../../../release/testing/rollouts/kit';
import { startDouble } from '../../../../testing/rollouts/run';
import { connectAws } from '../../../aws/client';
import { ecsPort } from '../ecs-port';
import { continueDeployments, findDeployments } from './continue';

const NAMES = SERVICES.map((name) => ({ name, serviceName: `acme-${name}` }));
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
  const found = await findDeployments(ecs, NAMES, false);
  expect(found).toMatchObject([{ service: 'ui', state: { status: 'IN_PROGRESS', stage: 'POST_SCALE_UP' } }]);
  await continueDeployments(ecs, found, false);
  expect(await findDeployments(ecs, NAMES, false)).toEqual([]);
  await double.clock.advance(1_200_000);
  expect((await ecs.listServiceDeployments('acme-ui'))[0]).toMatchObject({ status: 'SUCCESSFUL' });
  expect(await findDeployments(ecs, NAMES, true)).toEqual([]);
});

it.each([
  ['at its hook', 300, 'ContinueServiceDeployment'],
  ['in progress', 15, 'StopServiceDeployment'],
])('rolls a deployment back that is %s', async (_, after, op) => {
  const ecs = await open(after);
  await continueDeployments(ecs, await findDeployments(ecs, NAMES, true), true);
  expect(double.journal.entries.filter((entry) => entry.op === op)).toHaveLength(1);
  await double.clock.advance(300_000);
  expect((await ecs.listServiceDeployments('acme-ui'))[0]).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL' });
});
