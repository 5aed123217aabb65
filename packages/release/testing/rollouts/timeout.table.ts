import type { DeployPlan } from '../../src/internal';
import { PLACE, service, SERVICES, type EcsDouble } from './kit';
import { BALANCED, CRASH, INGRESS, rule, whenItRuns, type Row } from './row';

const SHORT_TIMEOUT = { timeout: 10 * 60_000 };
/** The agent of a machine does not hear that a task shall stop: ECS does not want it any more, and lists it as running. */
const DEAF = { timing: { agent: 3600 } };
const RUNS_NEW = { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' };

/** It comes up, and ECS does not call it completed before the time is over. */
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

// Less than the double takes to be as a week ago, more than a rollout may take here.
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

/** The old task goes first, and nothing that a load balancer finds ends the new one for two hours. */
function patient(...loadBalancers: object[]): object {
  const deploymentConfiguration = { minimumHealthyPercent: 0, maximumPercent: 100 };
  return ingress({ loadBalancers, deploymentConfiguration, healthCheckGracePeriodSeconds: 7200 });
}

function ill(fails: string): object {
  return rule('ingress', { healthy: 'never', fails });
}

/** Somebody starts what runs anew. */
async function restarted(double: EcsDouble): Promise<void> {
  await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-ingress', forceNewDeployment: true });
  await double.clock.advance(30_000);
}

/** Everything but the end of the old task is there, and what the load balancer says cannot be had. */
function untold(name: string, error: string, message: RegExp): Row {
  return {
    name,
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...ingress({ loadBalancers: [BALANCED] }), faults: [{ ...DENIED, error }] },
    later: DEAF,
    behindProc: 'elsewhere',
    exit: 20,
    message,
    runs: RUNS_NEW,
  };
}

/** The time is over, and ECS has not called the rollout completed. */
export const TIMEOUTS: Row[] = [
  notCompleted('the old tasks do not go', { stop: 3600 }, { notes: /acme-ingress:1 is STOPPING .*aws ecs stop-task/ }),
  notCompleted('ECS does not call it completed', { steady: 3600 }, { notes: /healthy\.$/m }),
  notCompleted('an old task does not hear that it shall stop', DEAF.timing, {
    notes: /1 task: acme-ingress:1 is RUNNING \([0-9a-f]{32}\).*stopTimeout.*aws ecs stop-task .* --task [0-9a-f]{32}/,
  }),
  notCompleted('an old proc does not hear that it shall stop', DEAF.timing, {
    wish: { changes: ['proc'] },
    notes: /acme-proc:1 is RUNNING.*tasks of the old image see the new list of bundles/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  }),
  notCompleted('an old task does not hear that it shall stop, behind two load balancers', DEAF.timing, {
    scenario: ingress({ loadBalancers: [BALANCED, SECOND] }),
    behindProc: 'elsewhere',
    notes: /acme-ingress:1 is RUNNING/,
  }),
  {
    name: 'the old tasks are never told to go',
    wish: INGRESS,
    options: { ...SHORT_TIMEOUT, onFailure: 'stop' },
    meanwhile: { somebody: whenItRuns({ timing: { reaction: 3600 } }) },
    exit: 16,
    message:
      /1 of 1 new tasks running, 1 old still running; ECS has not called the deployment COMPLETED.*wants 1 task of another revision/,
    runs: RUNS_NEW,
    golden: 'rollout-timeout',
  },
  {
    name: 'it runs, and the load balancer finds it unhealthy',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...patient(BALANCED), rules: [ill('elb')] },
    exit: 16,
    message: /1 of 1 task not healthy in the target group targetgroup\/ingress\/\w+: unhealthy \(Target\.FailedHealthChecks\)/,
    runs: 'old',
  },
  {
    name: 'it runs, and the second of two load balancers finds it unhealthy',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: { ...patient(BALANCED, SECOND), rules: [ill(SECOND.targetGroupArn)] },
    // On the way back the new task does not end either.
    later: DEAF,
    behindProc: 'elsewhere',
    exit: 16,
    message: /not healthy in the target group targetgroup\/inside/,
    runs: 'old',
  },
  {
    name: 'it runs, and its own health check has said nothing yet',
    wish: INGRESS,
    plan: (plan) => JSON.parse(JSON.stringify(plan).replaceAll('"startPeriod":10', '"startPeriod":300')) as DeployPlan,
    options: { timeout: 4 * 60_000 },
    scenario: { ...patient(), rules: [ill('container')] },
    behindProc: 'elsewhere',
    exit: 16,
    message: /1 of 1 task not healthy by the container health check/,
    runs: 'old',
  },
  untold(
    'it runs, and the load balancer may not be asked',
    'AccessDeniedException',
    /AWS denies elasticloadbalancing:DescribeTargetHealth.*aws elbv2 describe-target-health .* --target-group-arn arn:aws:/s,
  ),
  untold(
    'it runs, and asking the load balancer is throttled for ever',
    'ThrottlingException',
    /AWS throttles .*all retries failed/,
  ),
  untold('it runs, and its target group is gone', 'TargetGroupNotFoundException', /TargetGroupNotFound/),
  {
    name: 'it runs, and alarms may still undo it',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    scenario: ingress(ALARMED),
    exit: 20,
    message: /still watches the alarms.*shows the alarms that ECS waits for/s,
    runs: RUNS_NEW,
  },
  {
    name: 'reads are behind for ever, and proc forces the registry',
    wish: { changes: ['proc'] },
    later: { staleReads: { seconds: 100_000, ops: ['DescribeServices'] } },
    exit: 20,
    message: new RegExp(FLAG_OFF),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'reads are behind for ever in the wave of proc, which forces the registry',
    ...TOGETHER,
    later: { staleReads: { seconds: 100_000, ops: ['DescribeServices'] } },
    exit: 20,
    message: new RegExp(`The state of the deployment of ingress to acme-ingress:2 is unknown.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'proc runs with the flag that forces the registry, and alarms may still undo it',
    wish: { changes: ['proc'] },
    options: SHORT_TIMEOUT,
    scenario: only('proc', ALARMED),
    exit: 20,
    message: new RegExp(`still watches the alarms.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'ingress crashes beside proc, whose load balancer may not be asked, and stop was asked for',
    ...TOGETHER,
    options: { ...SHORT_TIMEOUT, onFailure: 'stop' },
    scenario: {
      ...only('proc', { loadBalancers: [{ ...BALANCED, containerName: 'proc' }] }),
      faults: [DENIED],
      rules: [rule('ingress', CRASH)],
    },
    later: DEAF,
    exit: 12,
    message: new RegExp(`KeyError: boom.*${FLAG_OFF}`, 's'),
    registry: 'left',
    runs: { proc: 'proc:3', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'an old task of a restart does not end: after five minutes the deploy begins all the same',
    wish: INGRESS,
    options: SHORT_TIMEOUT,
    before: restarted,
    later: DEAF,
    behindProc: 'elsewhere',
    exit: 0,
    isNotCompleted: true,
    notes:
      /after 5 minutes, and all its tasks are healthy: not waiting for it any longer\. Still stopping: 1 task: acme-ingress:1 is RUNNING/,
    runs: RUNS_NEW,
  },
  {
    name: 'the task of a restart does not come: it is waited for, and the deploy does not begin',
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
