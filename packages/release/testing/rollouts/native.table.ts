import type { DeployPlan } from '../../src/internal';
import { arn, definition, NEW, OLD, PLACE, service, SERVICES, type EcsDouble } from './kit';
import { CRASH, INGRESS, rule, update, type Row } from './row';
import type { Meanwhile } from './run';

const MINUTE = 60_000;
const RUNS_NEW = { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' };

/** Ingress, or another service, with a native strategy. */
export function native(strategy: string, more: object = {}, of = 'ingress'): object {
  const configuration = {
    deploymentCircuitBreaker: { enable: true, rollback: true },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    strategy,
    bakeTimeInMinutes: 10,
    ...more,
  };
  return {
    services: SERVICES.map((name) => service(name, name === of ? { deploymentConfiguration: configuration } : {})),
  };
}

const NO_NATIVE_BREAKER = native('BLUE_GREEN', { deploymentCircuitBreaker: { enable: false, rollback: false } });

const role = `arn:aws:iam::${PLACE.account}:role/hooks`;
const hookTargetArn = `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:smoke-test`;
const TEST_HOOK = { lifecycleHooks: [{ hookTargetArn, roleArn: role, lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'] }] };
const ALARMS = { alarms: { enable: true, rollback: true, alarmNames: ['errors'] } };

function pause(timeoutInMinutes: number): object {
  const timeoutConfiguration = { timeoutInMinutes, action: 'ROLLBACK' };
  return { lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutConfiguration }] };
}

interface Deployment {
  serviceDeploymentArn: string;
  lifecycleStage?: string;
  status: string;
  lifecycleHookDetails?: { hookId: string; status: string }[];
}

/** Another client acts once, when the newest deployment of ingress is at a stage. */
function whenAt(stage: string, act: (double: EcsDouble, deployment: Deployment) => Promise<unknown>): Meanwhile['afterSleep'] {
  const done = new WeakSet<EcsDouble>();
  return async (double) => {
    const asked = { cluster: PLACE.cluster, service: 'acme-ingress' };
    const list = (await double.as('ListServiceDeployments', asked)) as unknown as { serviceDeployments: Deployment[] };
    const arn = list.serviceDeployments[0]!.serviceDeploymentArn;
    const described = await double.as('DescribeServiceDeployments', { serviceDeploymentArns: [arn] });
    const [current] = (described as unknown as { serviceDeployments: Deployment[] }).serviceDeployments;
    const isOpen = current!.status === 'IN_PROGRESS' && current!.lifecycleStage === stage;
    const isPaused = stage !== 'POST_TEST_TRAFFIC_SHIFT' || current!.lifecycleHookDetails?.[0]?.status === 'AWAITING_ACTION';
    if (done.has(double) || !isOpen || !isPaused) return;
    done.add(double);
    await act(double, current!);
  };
}

function answerPause(action: string): Meanwhile['afterSleep'] {
  return whenAt('POST_TEST_TRAFFIC_SHIFT', (double, { serviceDeploymentArn, lifecycleHookDetails }) =>
    double.as('ContinueServiceDeployment', { serviceDeploymentArn, hookId: lifecycleHookDetails![0]!.hookId, action }),
  );
}

/** An earlier deploy to ingress:2 began so many seconds ago. */
function begun(seconds: number): NonNullable<Row['before']> {
  return async (double) => {
    await double.as('RegisterTaskDefinition', definition('ingress', OLD, [{ name: 'EARLIER', value: '1' }]));
    await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-ingress', taskDefinition: 'acme-ingress:2' });
    await double.clock.advance(seconds * 1000);
  };
}

/** The plan was made while ingress:2 was deployed. */
function madeSince(plan: DeployPlan): DeployPlan {
  const baseline = { ...plan.baseline['acme-ingress']!, taskDefinition: arn('acme-ingress:2') };
  return { ...plan, baseline: { ...plan.baseline, 'acme-ingress': baseline } };
}

/** The release was deployed before, and rolled back. */
async function rolledBackBefore(double: EcsDouble): Promise<void> {
  const asked = { cluster: PLACE.cluster, service: 'acme-ingress' };
  await double.as('RegisterTaskDefinition', definition('ingress', NEW));
  await double.as('UpdateService', { ...asked, taskDefinition: 'acme-ingress:2' });
  await double.clock.advance(2 * MINUTE);
  const list = (await double.as('ListServiceDeployments', asked)) as unknown as { serviceDeployments: Deployment[] };
  const { serviceDeploymentArn } = list.serviceDeployments[0]!;
  await double.as('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
  await double.clock.advance(10 * MINUTE);
}

function stop(stage: string, stopType: string): Meanwhile['afterSleep'] {
  return whenAt(stage, (double, { serviceDeploymentArn }) =>
    double.as('StopServiceDeployment', { serviceDeploymentArn, stopType }),
  );
}

/** Every row is about ingress alone. */
function row(name: string, strategy: object, more: Partial<Row> & Pick<Row, 'exit'>): Row {
  const runs = more.exit === 0 ? RUNS_NEW : 'old';
  return {
    name,
    native: true,
    wish: INGRESS,
    runs,
    behindProc: 'elsewhere',
    ...more,
    scenario: { ...strategy, ...more.scenario },
  };
}

/** Rollouts of services with a native strategy: BLUE_GREEN, LINEAR, CANARY. */
export const NATIVE: Row[] = [
  row('BLUE_GREEN to its end', native('BLUE_GREEN'), { exit: 0 }),
  row('LINEAR to its end', native('LINEAR', { linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 2 } }), { exit: 0 }),
  row('CANARY to its end', native('CANARY', { canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 5 } }), {
    exit: 0,
  }),
  row('a test hook that fails', native('BLUE_GREEN', TEST_HOOK), {
    scenario: { hooks: [{ stage: 'POST_TEST_TRAFFIC_SHIFT', do: 'FAILED', after: 20 }] },
    exit: 25,
    message:
      /hook smoke-test failed\. .*hook execution failure.*Stage: POST_TEST_TRAFFIC_SHIFT.*ECS rolled ingress back to acme-ingress:1/,
    golden: 'hook-failed',
  }),
  row('an alarm in the bake', native('CANARY', ALARMS), {
    scenario: { alarms: [{ stage: 'BAKE_TIME', after: 60, name: 'errors' }] },
    exit: 26,
    message: /In ALARM: errors\. .*Stage: BAKE_TIME, traffic 0% new, 100% old/,
    golden: 'deployment-alarm',
  }),
  row('an alarm while traffic is split', native('CANARY', ALARMS), {
    scenario: { alarms: [{ stage: 'PRODUCTION_TRAFFIC_SHIFT', after: 60, name: 'errors' }] },
    exit: 26,
    message: /Stage: PRODUCTION_TRAFFIC_SHIFT/,
  }),
  row('paused and continued', native('BLUE_GREEN', pause(60)), { meanwhile: { afterSleep: answerPause('CONTINUE') }, exit: 0 }),
  row('paused and timed out: ECS rolls back', native('BLUE_GREEN', pause(20)), {
    exit: 27,
    message: /lifecycle hook ecs-pause-\S+ timed out.*Stage: POST_TEST_TRAFFIC_SHIFT/,
    golden: 'pause-expired',
  }),
  row('paused and rolled back by a command', native('BLUE_GREEN', pause(60)), {
    meanwhile: { afterSleep: answerPause('ROLLBACK') },
    exit: 28,
    message: /The deployment was rolled back\. .*StopServiceDeployment request/,
    golden: 'deployment-stopped',
  }),
  row('paused for longer than the timeout: a person decides', native('BLUE_GREEN', pause(600)), {
    options: { timeout: 25 * MINUTE },
    exit: 29,
    message:
      /It is paused at POST_TEST_TRAFFIC_SHIFT, .*has not been continued.*release:continue:prod --service=ingress.*ingress is between two revisions/s,
    runs: RUNS_NEW,
    golden: 'deployment-paused',
  }),
  row('stopped by an operator with ROLLBACK', native('BLUE_GREEN'), {
    meanwhile: { afterSleep: stop('BAKE_TIME', 'ROLLBACK') },
    exit: 28,
    message: /The deployment was rolled back/,
  }),
  row('stopped by an operator with ABORT: it stays as it is', native('BLUE_GREEN'), {
    meanwhile: { afterSleep: stop('BAKE_TIME', 'ABORT') },
    exit: 28,
    message: /The deployment was stopped/,
    runs: RUNS_NEW,
  }),
  row('superseded in the bake', native('BLUE_GREEN'), {
    meanwhile: {
      afterSleep: whenAt('BAKE_TIME', (double) =>
        double.as('UpdateService', update(0, { service: 'acme-ingress', taskDefinition: 'acme-ingress:1' }).request),
      ),
    },
    exit: 18,
    message: /Another deployment replaced it: acme-ingress:1/,
  }),
  row('tasks that crash: the circuit breaker ends SCALE_UP', native('BLUE_GREEN'), {
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /exit code 3.*KeyError: boom/s,
  }),
  row('tasks that crash, without a circuit breaker: our rollback stops the deployment', NO_NATIVE_BREAKER, {
    scenario: { rules: [rule('ingress', { pull: 'pull access denied' })] },
    exit: 10,
    message: /cannot heal on its own/,
  }),
  row('a hook that never ends is a timeout: our rollback lets ECS roll back', native('BLUE_GREEN', TEST_HOOK), {
    scenario: { hooks: [{ stage: 'POST_TEST_TRAFFIC_SHIFT', do: 'never' }] },
    options: { timeout: 25 * MINUTE },
    exit: 16,
    message: /still in progress after 25 minutes: POST_TEST_TRAFFIC_SHIFT, traffic 0% new, 100% old/,
  }),
  row('waitUntil BAKE_TIME ends before a bake of hours', native('BLUE_GREEN', { bakeTimeInMinutes: 600 }), {
    options: { waitUntil: 'BAKE_TIME' },
    exit: 0,
    isNotCompleted: true,
    bothRun: true,
    notes: /ingress: at BAKE_TIME, traffic 100% new, 0% old\. ECS continues on its own/,
  }),
  row(
    'waitUntil, and proc only reached the stage: it is not asked whether its bundles are ready',
    native('BLUE_GREEN', {}, 'proc'),
    {
      wish: { changes: ['proc'], force: false },
      options: { waitUntil: 'BAKE_TIME' },
      registry: 'left',
      bundles: () => ({ status: 500, body: 'old tasks answer', type: 'text/plain' }),
      exit: 0,
      isNotCompleted: true,
      bothRun: true,
      runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
      notes: /proc has only reached BAKE_TIME, and old tasks still run: not asking whether its bundles are ready$/,
    },
  ),
  row('waitUntil, and proc overwrites the registry', native('BLUE_GREEN', {}, 'proc'), {
    wish: { changes: ['proc'] },
    options: { waitUntil: 'BAKE_TIME' },
    exit: 1,
    message: /--waitUntil=BAKE_TIME cannot be used for acme-proc here: Redis is overwritten/,
    writes: 'none',
  }),
  row('a hook that fails before the stage of waitUntil is no success', native('BLUE_GREEN', TEST_HOOK), {
    scenario: { hooks: [{ stage: 'POST_TEST_TRAFFIC_SHIFT', do: 'FAILED' }] },
    options: { waitUntil: 'BAKE_TIME' },
    exit: 25,
    message: /smoke-test failed/,
  }),
  row('a bake longer than the timeout', native('BLUE_GREEN', { bakeTimeInMinutes: 120 }), {
    exit: 1,
    message: /takes about 130 minutes .*timeout is 40 minutes.*--timeout=130.*--waitUntil=BAKE_TIME/s,
    writes: 'none',
  }),
  row(
    'waitUntil without a native strategy',
    {},
    {
      options: { waitUntil: 'BAKE_TIME' },
      exit: 1,
      message: /--waitUntil=BAKE_TIME needs a service with a strategy that has stages/,
      writes: 'none',
    },
  ),
  row('without permission to read service deployments', native('BLUE_GREEN'), {
    scenario: { faults: [{ op: 'ListServiceDeployments', error: 'AccessDeniedException' }] },
    exit: 33,
    message: /ecs:ListServiceDeployments/,
    writes: 'none',
  }),
  row('throttled reads of the stage', native('BLUE_GREEN'), {
    scenario: { faults: [{ op: 'DescribeServiceDeployments', error: 'ThrottlingException', from: 120, until: 400 }] },
    exit: 0,
  }),
  row('the deployment ended before our rollback stopped it: the service is updated', NO_NATIVE_BREAKER, {
    scenario: {
      rules: [rule('ingress', { pull: 'pull access denied' })],
      faults: [{ op: 'StopServiceDeployment', error: 'ConflictException' }],
    },
    exit: 10,
    message: /cannot heal on its own.*ingress runs acme-ingress:1 \(as before\)/s,
  }),
  row('the same release after a rollback, and reads that still show the last one', native('BLUE_GREEN'), {
    before: rolledBackBefore,
    scenario: { staleReads: { seconds: 60, ops: ['ListServiceDeployments'] } },
    exit: 0,
  }),
  row('ECS rolls ingress back while the wave of ui runs: an alarm', native('BLUE_GREEN', ALARMS), {
    wish: { changes: ['ingress', 'ui'] },
    options: { waitUntil: 'BAKE_TIME' },
    scenario: { alarms: [{ stage: 'BAKE_TIME', after: 20, name: 'errors' }] },
    exit: 26,
    message: /In ALARM: errors\. .*Stage: BAKE_TIME.*ECS rolled ingress back to acme-ingress:1.*ui runs acme-ui:1 \(as before\)/s,
  }),
  row('an earlier deployment in a bake that outlasts the timeout', native('BLUE_GREEN', { bakeTimeInMinutes: 25 }), {
    plan: madeSince,
    before: begun(60),
    options: { timeout: 15 * MINUTE, waitUntil: 'BAKE_TIME' },
    exit: 45,
    message:
      /acme-ingress \(ecs-svc\/\d+: BAKE_TIME, traffic 100% new, 0% old\).*release:continue:prod --service=ingress --rollback/s,
    runs: RUNS_NEW,
    writes: 'none',
  }),
  row('an earlier deployment that is paused', native('BLUE_GREEN', pause(600)), {
    plan: madeSince,
    before: begun(300),
    exit: 45,
    message: /paused at POST_TEST_TRAFFIC_SHIFT, .*release:continue:prod --service=ingress {4}continues it/s,
    runs: RUNS_NEW,
    writes: 'none',
  }),
  row('an earlier deployment that ends in time', native('BLUE_GREEN'), {
    plan: madeSince,
    before: begun(60),
    exit: 0,
    runs: { ...RUNS_NEW, ingress: 'ingress:3' },
  }),
  row('CLEAN_UP that does not end: the old task does not stop', native('BLUE_GREEN'), {
    later: { timing: { agent: 7200 } },
    options: { timeout: 30 * MINUTE },
    exit: 0,
    isNotCompleted: true,
    notes: /ECS has not called the deployment COMPLETED after 30 minutes.*Still stopping: 1 task/,
  }),
];
