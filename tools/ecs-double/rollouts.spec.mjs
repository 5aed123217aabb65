// Rollouts as a table: what is done, and what ECS then shows. One row is one behaviour of the list in the README.
import {
  CLUSTER,
  begin,
  definition,
  deploy,
  describe as describeService,
  over,
  revision,
  service,
  stopped,
  until,
} from './testing.mjs';

const started = [];
const open = async (scenario) => started[started.push(await begin(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

const two = (rule) => [{ match: { taskDefinition: 'app:2' }, do: rule }];
const NO_BREAKER = { services: [service('app', { taskDefinition: 'app:1', breaker: { enable: false, rollback: false } })] };
const NO_WAY_BACK = { services: [service('app', { taskDefinition: 'app:1', breaker: { enable: true, rollback: false } })] };
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

const back = { runs: 'app:1', rollout: 'COMPLETED', sd: 'ROLLBACK_SUCCESSFUL' };
const went = { runs: 'app:2', rollout: 'COMPLETED', sd: 'SUCCESSFUL' };
const stuck = { runs: 'app:1', rollout: 'FAILED', sd: 'STOPPED', shown: 'app:2' };

// [what, scenario, what is shown in the end, a task's stop code and reason, an event]
const ROLLOUTS = [
  [
    'all is well',
    {},
    went,
    ['ServiceSchedulerInitiated', /^Scaling activity initiated by \(deployment ecs-svc\/\d{19}\)$/],
    /deployment completed/,
  ],
  [
    'the image cannot be pulled',
    { rules: two({ pull: 'pull access denied' }) },
    back,
    ['TaskFailedToStart', /^CannotPullContainerError: pull access denied$/],
    /was unable to place a task\. Reason: CannotPullContainerError/,
  ],
  [
    'the image is not in the registry',
    { images: { 'registry.example/app:2': { missing: true } } },
    back,
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
    back,
    ['TaskFailedToStart', /does not contain descriptor matching platform 'linux\/amd64'/],
    /CannotPull/,
  ],
  [
    'a secret cannot be read',
    { rules: two({ secret: 'AccessDeniedException' }) },
    back,
    ['TaskFailedToStart', /^ResourceInitializationError: unable to pull secrets/],
    /ResourceInitializationError/,
  ],
  [
    'it crashes before it is healthy',
    { rules: two({ exit: { after: 3, code: 1, lines: ['boom'] } }) },
    back,
    ['EssentialContainerExited', /^Essential container in task exited$/],
    /deployment failed: tasks failed to start/,
  ],
  [
    'it has too little memory',
    { rules: two({ exit: { after: 5, code: 137 } }) },
    back,
    ['EssentialContainerExited', /^Essential/],
    /rolling back to deployment/,
  ],
  [
    'it is never healthy',
    { rules: two({ healthy: 'never' }) },
    back,
    ['ServiceSchedulerInitiated', /^Task failed container health checks$/],
    /failed container health checks/,
  ],
  [
    'its target is never healthy',
    { ...BALANCED, rules: two({ healthy: 'never', fails: 'elb' }) },
    back,
    ['ServiceSchedulerInitiated', /^Task failed ELB health checks in \(target-group arn/],
    /is unhealthy in \(target-group/,
  ],
  [
    'no way back, image cannot be pulled',
    { ...NO_WAY_BACK, rules: two({ pull: 'x' }) },
    stuck,
    ['TaskFailedToStart', /Cannot/],
    /deployment failed/,
  ],
  [
    'no way back, crash',
    { ...NO_WAY_BACK, rules: two({ exit: { code: 2 } }) },
    stuck,
    ['EssentialContainerExited', /Essential/],
    /deployment failed/,
  ],
  ['it is slow, but comes', { rules: two({ healthyAfter: 35 }) }, went, undefined, /steady state/],
  [
    'it is slower than its health check allows',
    { rules: two({ healthyAfter: 100 }) },
    back,
    ['ServiceSchedulerInitiated', /health checks/],
    /failed container health checks/,
  ],
  [
    'it is as slow, with a grace period',
    {
      rules: two({ healthyAfter: 100 }),
      services: [service('app', { taskDefinition: 'app:1', healthCheckGracePeriodSeconds: 300 })],
    },
    went,
    undefined,
    /deployment completed/,
  ],
  [
    'the second try works',
    { rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'timeout' }, times: 1 }] },
    went,
    ['TaskFailedToStart', /timeout/],
    /deployment completed/,
  ],
  [
    'without health checks it runs and dies at once',
    { taskDefinitions: plain, rules: two({ exit: { code: 1, after: 5 } }) },
    back,
    ['EssentialContainerExited', /Essential/],
    /tasks failed to start/,
  ],
  [
    'the same, where crashes do not count',
    { taskDefinitions: plain, quirks: { crashes: 'ignored' }, rules: two({ exit: { code: 1, after: 5 } }) },
    { runs: 'app:1', rollout: 'IN_PROGRESS', sd: 'IN_PROGRESS', shown: 'app:2' },
    ['EssentialContainerExited', /Essential/],
    /has started 1 tasks/,
  ],
  [
    'without health checks it dies after a minute',
    { taskDefinitions: plain, rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 90 } }, times: 1 }] },
    went,
    ['EssentialContainerExited', /Essential/],
    /deployment completed/,
  ],
  [
    'no breaker, image cannot be pulled',
    { ...NO_BREAKER, rules: two({ pull: 'x' }) },
    { runs: 'app:1', rollout: 'IN_PROGRESS', sd: 'IN_PROGRESS', shown: 'app:2' },
    ['TaskFailedToStart', /Cannot/],
    /unable to consistently start tasks/,
  ],
  ['no room', { capacity: { [CLUSTER]: 1 } }, back, undefined, /was unable to place a task\. Reason: Capacity is unavailable/],
  [
    'stop first: 0 and 100 percent',
    { services: [service('app', { taskDefinition: 'app:1', percent: [0, 100] })] },
    went,
    ['ServiceSchedulerInitiated', /Scaling/],
    /deployment completed/,
  ],
  [
    'the way back fails too',
    {
      services: [service('app', { taskDefinition: 'app:1', percent: [0, 100] })],
      rules: [{ do: { exit: { code: 3, after: 1 } } }],
    },
    { runs: undefined, rollout: 'FAILED', sd: 'ROLLBACK_FAILED', shown: 'app:1' },
    ['EssentialContainerExited', /Essential/],
    /rolling back to deployment/,
  ],
  [
    'nothing is wanted',
    { services: [service('app', { taskDefinition: 'app:1', desiredCount: 0 })] },
    { ...went, runs: undefined },
    undefined,
    /deployment completed/,
  ],
];

test.each(ROLLOUTS)('%s', async (_, scenario, shows, stop, event) => {
  const double = await open(scenario);
  const mine = await deploy(double);
  const now =
    (await until(double, (one) => over(one) || one.deployments[0].rolloutState === 'FAILED')) ?? (await describeService(double));
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
  expect(after.deployments.some(({ id }) => id === mine)).toBe(shows !== back && shows.sd !== 'ROLLBACK_FAILED');
  if (stop) {
    const found = (await stopped(double)).map(({ stopCode, stoppedReason }) => `${stopCode} ${stoppedReason}`);
    expect(found.some((one) => one.startsWith(stop[0]) && stop[1].test(one.slice(stop[0].length + 1)))).toBe(true);
  }
  expect(after.events.some(({ message }) => event.test(message))).toBe(true);
  expect(now).toBeDefined();
});
