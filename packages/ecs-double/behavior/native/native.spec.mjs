// Native strategies: the stages that a deployment goes through, its traffic, and how it ends.
import { CLUSTER, deploy, describe as describeService, revision, service, startDouble } from '../../testing/kit.mjs';

const started = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

const PAUSE = {
  targetType: 'PAUSE',
  lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
  timeoutConfiguration: { timeoutInMinutes: 30 },
};
const HOOK = {
  hookTargetArn: 'arn:aws:lambda:eu-central-1:123456789012:function:check',
  roleArn: 'arn:aws:iam::123456789012:role/hooks',
  lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'],
};

async function open(configuration, scenario = {}) {
  const app = service('app', { taskDefinition: 'app:1' });
  const deploymentConfiguration = { ...app.deploymentConfiguration, ...configuration };
  const double = await startDouble({ services: [{ ...app, deploymentConfiguration }], ...scenario });
  started.push(double);
  return double;
}

async function current(double) {
  const { serviceDeployments } = await double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' });
  const asked = { serviceDeploymentArns: [serviceDeployments[0].serviceDeploymentArn] };
  return (await double.as('DescribeServiceDeployments', asked)).serviceDeployments[0];
}

/** Every change of stage and traffic, until the end. */
async function follow(double, act = async () => {}) {
  const seen = [];
  for (let time = 0; time < 7200; time += 5) {
    const one = await current(double);
    const text = `${one.lifecycleStage} ${one.targetServiceRevision.requestedProductionTrafficWeight}`;
    if (seen.at(-1) !== text) seen.push(text);
    if (one.finishedAt !== undefined) break;
    await act(one);
    await double.clock.advance(5_000);
  }
  const end = await current(double);
  return { seen, status: end.status, end, runs: revision((await describeService(double)).taskDefinition) };
}

const BEFORE = ['PRE_SCALE_UP 0', 'SCALE_UP 0', 'POST_SCALE_UP 0', 'TEST_TRAFFIC_SHIFT 0', 'POST_TEST_TRAFFIC_SHIFT 0'];
const AFTER = ['POST_PRODUCTION_TRAFFIC_SHIFT 100', 'BAKE_TIME 100', 'CLEAN_UP 100'];

test.each([
  ['BLUE_GREEN', {}, ['PRODUCTION_TRAFFIC_SHIFT 100']],
  [
    'CANARY',
    { canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 5 } },
    ['PRODUCTION_TRAFFIC_SHIFT 10', 'PRODUCTION_TRAFFIC_SHIFT 100'],
  ],
  [
    'LINEAR',
    { linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 2 } },
    ['PRODUCTION_TRAFFIC_SHIFT 40', 'PRODUCTION_TRAFFIC_SHIFT 80', 'PRODUCTION_TRAFFIC_SHIFT 100'],
  ],
])('%s: stages and traffic', async (strategy, more, shifts) => {
  const double = await open({ strategy, bakeTimeInMinutes: 3, lifecycleHooks: [HOOK], ...more });
  await deploy(double);
  const { seen, status, runs } = await follow(double);
  expect(seen).toEqual([...BEFORE, ...shifts, ...AFTER]);
  expect([status, runs]).toEqual(['SUCCESSFUL', 'app:2']);
});

test.each([
  [
    'a hook that fails',
    { lifecycleHooks: [HOOK] },
    { hooks: [{ stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', do: 'FAILED' }] },
    /hook execution failure/,
  ],
  [
    'an alarm in the bake',
    { alarms: { enable: true, rollback: true, alarmNames: ['errors'] } },
    { alarms: [{ stage: 'BAKE_TIME', after: 30, name: 'errors' }] },
    /alarm/,
  ],
  ['a pause that nobody ends', { lifecycleHooks: [PAUSE] }, {}, /timed out/],
])('%s rolls back', async (_, configuration, scenario, reason) => {
  const double = await open({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 3, ...configuration }, scenario);
  await deploy(double);
  const { status, runs, end } = await follow(double);
  expect([status, runs]).toEqual(['ROLLBACK_SUCCESSFUL', 'app:1']);
  expect(end.statusReason).toMatch(reason);
  expect(end.targetServiceRevision.requestedProductionTrafficWeight).toBe(0);
});

test.each([
  ['CONTINUE', 'SUCCESSFUL', 'app:2'],
  ['ROLLBACK', 'ROLLBACK_SUCCESSFUL', 'app:1'],
])('a paused deployment: %s', async (action, status, runs) => {
  const double = await open({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1, lifecycleHooks: [PAUSE] });
  await deploy(double);
  const ended = await follow(double, async ({ serviceDeploymentArn, lifecycleHookDetails: [hook] }) => {
    if (hook?.status === 'AWAITING_ACTION')
      await double.as('ContinueServiceDeployment', { serviceDeploymentArn, hookId: hook.hookId, action });
  });
  expect([ended.status, ended.runs]).toEqual([status, runs]);
  const again = { serviceDeploymentArn: ended.end.serviceDeploymentArn, hookId: 'ecs-pause-1' };
  await expect(double.as('ContinueServiceDeployment', again)).rejects.toMatchObject({ name: 'InvalidParameterException' });
});
