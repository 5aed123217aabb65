// Rollouts as a table: what is done, and what ECS then shows. One row is one behavior of the list in the README.
import { ROLLOUTS, ROLLED_BACK } from './rollouts.table.mjs';
import {
  CLUSTER,
  startDouble,
  deploy,
  describe as describeService,
  isFinished,
  revision,
  stopped,
  until,
} from '../testing/kit.mjs';

const started = [];
const open = async (scenario) => started[started.push(await startDouble(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

test.each(ROLLOUTS)('%s', async (_, scenario, shows, stop, event) => {
  const double = await open(scenario);
  const deploymentId = await deploy(double);
  const now =
    (await until(double, (one) => isFinished(one) || one.deployments[0].rolloutState === 'FAILED')) ??
    (await describeService(double));
  await double.clock.advance(200_000);
  const after = await describeService(double);
  expect([after.deployments[0].rolloutState, revision(after.taskDefinition)]).toEqual([
    shows.rollout,
    shows.shown ?? (shows.runs ? shows.runs : 'app:2'),
  ]);
  const { serviceDeployments } = await double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' });
  expect(serviceDeployments[0].status).toBe(shows.sd);
  const running = await double.as('ListTasks', { cluster: CLUSTER, serviceName: 'app' });
  const tasks =
    running.taskArns.length > 0 ? (await double.as('DescribeTasks', { cluster: CLUSTER, tasks: running.taskArns })).tasks : [];
  const runs = new Set(
    tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').map(({ taskDefinitionArn }) => revision(taskDefinitionArn)),
  );
  if (shows.runs) expect([...runs]).toContain(shows.runs);
  expect(after.deployments.some(({ id }) => id === deploymentId)).toBe(shows !== ROLLED_BACK && shows.sd !== 'ROLLBACK_FAILED');
  if (stop) {
    const found = (await stopped(double)).map(({ stopCode, stoppedReason }) => `${stopCode} ${stoppedReason}`);
    expect(found.some((one) => one.startsWith(stop[0]) && stop[1].test(one.slice(stop[0].length + 1)))).toBe(true);
  }
  expect(after.events.some(({ message }) => event.test(message))).toBe(true);
  expect(now).toBeDefined();
});
