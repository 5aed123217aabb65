import type { DeployPlan } from '../../src/internal';
import { PLACE, service, SERVICES, type EcsDouble } from './kit';
import { BALANCED, CRASH, INGRESS, rule, whenItRuns, type Row } from './row';

const SHORT_TIMEOUT = { timeout: 10 * 60_000 };
/** The agent of an instance does not respond to a stop: ECS lists the task as running, with the desired status STOPPED. */
const AGENT_DOWN = { timing: { agent: 3600 } };
const RUNS_NEW = { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' };

/** The tasks run, and ECS does not report COMPLETED before the timeout. */
function notCompleted(name: string, timing: object, more: Partial<Row> = {}): Row {
  return {
    name,
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    later: { timing },
    exit: 0,
    isNotCompleted: true,
    runs: RUNS_NEW,
    ...more,
  };
}

const SECOND = { ...BALANCED, targetGroupArn: BALANCED.targetGroupArn.replace('/ingress/', '/inside/') };

function only(which: string, more: object): object {
  return { services: SERVICES.map((name) => service(name, name === which ? more : {})) };
}

function ingress(more: object): object {
  return only('ingress', more);
}

// Shorter than the setup of the double, longer than the timeout of the rollout.
const ALARMED = {
  deploymentConfiguration: {
    deploymentCircuitBreaker: { enable: true, rollback: true },
    alarms: { enable: true, rollback: true, alarmNames: ['errors'] },
    bakeTimeInMinutes: 12,
  },
};
const DENIED = { service: 'elbv2', error: 'AccessDeniedException' };
/** proc and ingress at the same time. */
const TOGETHER: Partial<Row> = {
  wish: { changes: ['proc', 'ingress'] },
  plan: (plan) => ({ ...plan, waves: [{ name: 'both', services: ['ingress', 'proc'] }] }),
};
const FLAG_OFF = '--service acme-proc --task-definition acme-proc:2 {4}removes the FORCE flag';

/** The old task stops first, and the grace period protects the new one for two hours. */
function withGracePeriod(...loadBalancers: object[]): object {
  const deploymentConfiguration = { minimumHealthyPercent: 0, maximumPercent: 100 };
  return ingress({ loadBalancers, deploymentConfiguration, healthCheckGracePeriodSeconds: 7200 });
}

function unhealthy(fails: string): object {
  return rule('ingress', { healthy: 'never', fails });
}

/** Another client forces a new deployment. */
async function restarted(double: EcsDouble): Promise<void> {
  await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-ingress', forceNewDeployment: true });
  await double.clock.advance(30_000);
}

/** All tasks run, an old task does not stop, and the target health cannot be read. */
function unreadableTargetHealth(name: string, error: string, message: RegExp): Row {
  return {
    name,
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...ingress({ loadBalancers: [BALANCED] }), faults: [{ ...DENIED, error }] },
    later: AGENT_DOWN,
    behindProc: 'elsewhere',
    exit: 20,
    message,
    runs: RUNS_NEW,
  };
}

/** The timeout is over, and ECS has not reported COMPLETED. */
export const TIMEOUTS: Row[] = [
  notCompleted('the old tasks do not stop', { stop: 3600 }, { notes: /acme-ingress:1 is STOPPING .*aws ecs stop-task/ }),
  notCompleted('ECS does not report COMPLETED', { steady: 3600 }, { notes: /healthy\.$/m }),
  notCompleted('the agent of an old task does not respond to the stop', AGENT_DOWN.timing, {
    notes: /1 task: acme-ingress:1 is RUNNING \([0-9a-f]{32}\).*stopTimeout.*aws ecs stop-task .* --task [0-9a-f]{32}/,
  }),
  notCompleted('the agent of an old task of proc does not respond to the stop', AGENT_DOWN.timing, {
    wish: { changes: ['proc'] },
    notes: /acme-proc:1 is RUNNING.*tasks of the old image see the new list of bundles/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  }),
  notCompleted('the agent of an old task does not respond to the stop, behind two load balancers', AGENT_DOWN.timing, {
    scenario: ingress({ loadBalancers: [BALANCED, SECOND] }),
    behindProc: 'elsewhere',
    notes: /acme-ingress:1 is RUNNING/,
  }),
  {
    name: 'ECS never stops the old tasks',
    wish: INGRESS,
    options: { ...SHORT_TIMEOUT, onFailure: 'stop' },
    meanwhile: { afterSleep: whenItRuns({ timing: { reaction: 3600 } }) },
    exit: 16,
    message:
      /1 of 1 new tasks running, 1 old still running; ECS has not called the deployment COMPLETED.*wants 1 task of another revision/,
    runs: RUNS_NEW,
    golden: 'rollout-timeout',
  },
  {
    name: 'all tasks run, and the load balancer reports them as unhealthy',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...withGracePeriod(BALANCED), rules: [unhealthy('elb')] },
    exit: 16,
    message: /1 of 1 task not healthy in the target group targetgroup\/ingress\/\w+: unhealthy \(Target\.FailedHealthChecks\)/,
    runs: 'old',
  },
  {
    name: 'all tasks run, and the second of two load balancers reports them as unhealthy',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...withGracePeriod(BALANCED, SECOND), rules: [unhealthy(SECOND.targetGroupArn)] },
    // In the rollback the new task does not stop either.
    later: AGENT_DOWN,
    behindProc: 'elsewhere',
    exit: 16,
    message: /not healthy in the target group targetgroup\/inside/,
    runs: 'old',
  },
  {
    name: 'all tasks run, and the container health check has no result yet',
    wish: INGRESS,
    plan: (plan) => JSON.parse(JSON.stringify(plan).replaceAll('"startPeriod":10', '"startPeriod":300')) as DeployPlan,
    options: { timeout: 4 * 60_000 },
    scenario: { ...withGracePeriod(), rules: [unhealthy('container')] },
    behindProc: 'elsewhere',
    exit: 16,
    message: /1 of 1 task not healthy by the container health check/,
    runs: 'old',
  },
  unreadableTargetHealth(
    'all tasks run, and DescribeTargetHealth is denied',
    'AccessDeniedException',
    /AWS denies elasticloadbalancing:DescribeTargetHealth.*aws elbv2 describe-target-health .* --target-group-arn arn:aws:/s,
  ),
  unreadableTargetHealth(
    'all tasks run, and DescribeTargetHealth is throttled',
    'ThrottlingException',
    /AWS throttles .*all retries failed/,
  ),
  unreadableTargetHealth(
    'all tasks run, and the target group does not exist',
    'TargetGroupNotFoundException',
    /TargetGroupNotFound/,
  ),
  {
    name: 'all tasks run, and ECS still watches alarms',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: ingress(ALARMED),
    exit: 20,
    message: /still watches the alarms.*shows the alarms that ECS waits for/s,
    runs: RUNS_NEW,
  },
  {
    name: 'reads stay stale, and proc forces the registry',
    wish: { changes: ['proc'] },
    later: { staleReads: { seconds: 100_000, ops: ['DescribeServices'] } },
    exit: 20,
    message: new RegExp(FLAG_OFF),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'reads stay stale in the wave of proc, which forces the registry',
    ...TOGETHER,
    later: { staleReads: { seconds: 100_000, ops: ['DescribeServices'] } },
    exit: 20,
    message: new RegExp(`The state of the deployment of ingress to acme-ingress:2 is unknown.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'proc runs with the FORCE flag, and ECS still watches alarms',
    wish: { changes: ['proc'] },
    options: SHORT_TIMEOUT,
    scenario: only('proc', ALARMED),
    exit: 20,
    message: new RegExp(`still watches the alarms.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'ingress crashes beside proc, whose target health is denied, with --onFailure=stop',
    ...TOGETHER,
    options: { ...SHORT_TIMEOUT, onFailure: 'stop' },
    scenario: {
      ...only('proc', { loadBalancers: [{ ...BALANCED, containerName: 'proc' }] }),
      faults: [DENIED],
      rules: [rule('ingress', CRASH)],
    },
    later: AGENT_DOWN,
    exit: 12,
    message: new RegExp(`KeyError: boom.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'an old task of an earlier restart does not stop: the deploy begins after five minutes',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    before: restarted,
    later: AGENT_DOWN,
    behindProc: 'elsewhere',
    exit: 0,
    isNotCompleted: true,
    notes:
      /after 5 minutes, and all its tasks are healthy: not waiting for it any longer\. Still stopping: 1 task: acme-ingress:1 is RUNNING/,
    runs: RUNS_NEW,
  },
  {
    name: 'the new task of an earlier restart does not start: the deploy is refused',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { rules: [{ match: { service: 'acme-ingress' }, do: { stuck: true } }] },
    before: restarted,
    behindProc: 'elsewhere',
    exit: 45,
    message: /has not finished an earlier deployment: acme-ingress/,
    runs: 'old',
    writes: 'none',
  },
];
