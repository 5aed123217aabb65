// One row is one behavior: [what, scenario, what ECS shows in the end, a stopped task's code and reason, an event]. rollouts.spec.mjs carries them out.
import { CLUSTER, definition, service } from '../testing/kit.mjs';

/** @import { Effect } from '../state/types.d.ts' */

/** @param {Effect} rule */
const onNewRevision = (rule) => [{ match: { taskDefinition: 'app:2' }, do: rule }];
const NO_BREAKER = { services: [service('app', { taskDefinition: 'app:1', breaker: { enable: false, rollback: false } })] };
const NO_ROLLBACK = { services: [service('app', { taskDefinition: 'app:1', breaker: { enable: true, rollback: false } })] };
const GROUP = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/0123456789abcdef';
const BALANCED = {
  services: [
    service('app', {
      taskDefinition: 'app:1',
      loadBalancers: [{ targetGroupArn: GROUP, containerName: 'app', containerPort: 80 }],
    }),
  ],
};
const plain = [definition('app', undefined, { checked: false }), definition('app', undefined, { checked: false })];

export const ROLLED_BACK = { runs: 'app:1', rollout: 'COMPLETED', sd: 'ROLLBACK_SUCCESSFUL' };
const SUCCEEDED = { runs: 'app:2', rollout: 'COMPLETED', sd: 'SUCCESSFUL' };
const FAILED = { runs: 'app:1', rollout: 'FAILED', sd: 'STOPPED', shown: 'app:2' };

export const ROLLOUTS = [
  [
    'a healthy rollout',
    {},
    SUCCEEDED,
    ['ServiceSchedulerInitiated', /^Scaling activity initiated by \(deployment ecs-svc\/\d{19}\)$/],
    /deployment completed/,
  ],
  [
    'the image cannot be pulled',
    { rules: onNewRevision({ pull: 'pull access denied' }) },
    ROLLED_BACK,
    ['TaskFailedToStart', /^CannotPullContainerError: pull access denied$/],
    /was unable to place a task\. Reason: CannotPullContainerError/,
  ],
  [
    'the image is not in the registry',
    { images: { 'registry.example/app:2': { missing: true } } },
    ROLLED_BACK,
    ['TaskFailedToStart', /^CannotPullContainerError: .*not found$/],
    /CannotPullContainerError/,
  ],
  [
    'the image is not for the platform',
    {
      images: {
        'registry.example/app:2': { index: `sha256:${'a'.repeat(64)}`, platforms: { 'linux/arm64': `sha256:${'b'.repeat(64)}` } },
      },
    },
    ROLLED_BACK,
    ['TaskFailedToStart', /does not contain descriptor matching platform 'linux\/amd64'/],
    /CannotPull/,
  ],
  [
    'a secret cannot be read',
    { rules: onNewRevision({ secret: 'AccessDeniedException' }) },
    ROLLED_BACK,
    ['TaskFailedToStart', /^ResourceInitializationError: unable to pull secrets/],
    /ResourceInitializationError/,
  ],
  [
    'it crashes before it is healthy',
    { rules: onNewRevision({ exit: { after: 3, code: 1, lines: ['boom'] } }) },
    ROLLED_BACK,
    ['EssentialContainerExited', /^Essential container in task exited$/],
    /deployment failed: tasks failed to start/,
  ],
  [
    'it has too little memory',
    { rules: onNewRevision({ exit: { after: 5, code: 137 } }) },
    ROLLED_BACK,
    ['EssentialContainerExited', /^Essential/],
    /rolling back to deployment/,
  ],
  [
    'it is never healthy',
    { rules: onNewRevision({ healthy: 'never' }) },
    ROLLED_BACK,
    ['ServiceSchedulerInitiated', /^Task failed container health checks$/],
    /failed container health checks/,
  ],
  [
    'its target is never healthy',
    { ...BALANCED, rules: onNewRevision({ healthy: 'never', fails: 'elb' }) },
    ROLLED_BACK,
    ['ServiceSchedulerInitiated', /^Task failed ELB health checks in \(target-group arn/],
    /is unhealthy in \(target-group/,
  ],
  [
    'no rollback, image cannot be pulled',
    { ...NO_ROLLBACK, rules: onNewRevision({ pull: 'x' }) },
    FAILED,
    ['TaskFailedToStart', /Cannot/],
    /deployment failed/,
  ],
  [
    'no rollback, crash',
    { ...NO_ROLLBACK, rules: onNewRevision({ exit: { code: 2 } }) },
    FAILED,
    ['EssentialContainerExited', /Essential/],
    /deployment failed/,
  ],
  ['it is slow, but comes', { rules: onNewRevision({ healthyAfter: 35 }) }, SUCCEEDED, undefined, /steady state/],
  [
    'it is slower than its health check allows',
    { rules: onNewRevision({ healthyAfter: 100 }) },
    ROLLED_BACK,
    ['ServiceSchedulerInitiated', /health checks/],
    /failed container health checks/,
  ],
  [
    'it is as slow, with a grace period',
    {
      rules: onNewRevision({ healthyAfter: 100 }),
      services: [service('app', { taskDefinition: 'app:1', healthCheckGracePeriodSeconds: 300 })],
    },
    SUCCEEDED,
    undefined,
    /deployment completed/,
  ],
  [
    'the second try works',
    { rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'timeout' }, times: 1 }] },
    SUCCEEDED,
    ['TaskFailedToStart', /timeout/],
    /deployment completed/,
  ],
  [
    'without health checks it runs and dies at once',
    { taskDefinitions: plain, rules: onNewRevision({ exit: { code: 1, after: 5 } }) },
    ROLLED_BACK,
    ['EssentialContainerExited', /Essential/],
    /tasks failed to start/,
  ],
  [
    'the same, where crashes do not count',
    { taskDefinitions: plain, quirks: { crashes: 'ignored' }, rules: onNewRevision({ exit: { code: 1, after: 5 } }) },
    { runs: 'app:1', rollout: 'IN_PROGRESS', sd: 'IN_PROGRESS', shown: 'app:2' },
    ['EssentialContainerExited', /Essential/],
    /has started 1 tasks/,
  ],
  [
    'without health checks it dies after a minute',
    { taskDefinitions: plain, rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 90 } }, times: 1 }] },
    SUCCEEDED,
    ['EssentialContainerExited', /Essential/],
    /deployment completed/,
  ],
  [
    'no breaker, image cannot be pulled',
    { ...NO_BREAKER, rules: onNewRevision({ pull: 'x' }) },
    { runs: 'app:1', rollout: 'IN_PROGRESS', sd: 'IN_PROGRESS', shown: 'app:2' },
    ['TaskFailedToStart', /Cannot/],
    /unable to consistently start tasks/,
  ],
  [
    'no capacity',
    { capacity: { [CLUSTER]: 1 } },
    ROLLED_BACK,
    undefined,
    /was unable to place a task\. Reason: Capacity is unavailable/,
  ],
  [
    'stop first: 0 and 100 percent',
    { services: [service('app', { taskDefinition: 'app:1', percent: [0, 100] })] },
    SUCCEEDED,
    ['ServiceSchedulerInitiated', /Scaling/],
    /deployment completed/,
  ],
  [
    'the rollback fails too',
    {
      services: [service('app', { taskDefinition: 'app:1', percent: [0, 100] })],
      rules: [{ do: { exit: { code: 3, after: 1 } } }],
    },
    { runs: undefined, rollout: 'FAILED', sd: 'ROLLBACK_FAILED', shown: 'app:1' },
    ['EssentialContainerExited', /Essential/],
    /rolling back to deployment/,
  ],
  [
    'a pull that never ends: 46 silent minutes',
    { rules: onNewRevision({ stuck: true }) },
    { runs: 'app:1', rollout: 'IN_PROGRESS', sd: 'IN_PROGRESS', shown: 'app:2' },
    undefined,
    /has started 1 tasks/,
  ],
  [
    'one of three crashes, once',
    {
      services: [service('app', { taskDefinition: 'app:1', desiredCount: 3 })],
      rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 3 } }, times: 1 }],
    },
    SUCCEEDED,
    ['EssentialContainerExited', /Essential/],
    /deployment completed/,
  ],
  [
    'healthy at first, then not: replaced, and the deployment stays COMPLETED',
    { rules: [{ match: { taskDefinition: 'app:2' }, do: { unhealthy: { after: 400 } }, times: 1 }] },
    SUCCEEDED,
    ['ServiceSchedulerInitiated', /Scaling activity/],
    /deployment completed/,
  ],
  [
    'an EC2 cluster without capacity',
    { services: [service('app', { taskDefinition: 'app:1', launchType: 'EC2' })], capacity: { [CLUSTER]: 1 } },
    ROLLED_BACK,
    undefined,
    /was unable to place a task because no container instance met all of its requirements/,
  ],
  [
    'a desired count of zero',
    { services: [service('app', { taskDefinition: 'app:1', desiredCount: 0 })] },
    { ...SUCCEEDED, runs: undefined },
    undefined,
    /deployment completed/,
  ],
];
