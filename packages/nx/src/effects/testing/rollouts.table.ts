import type { ProblemCode, RolloutOptions } from '@kdcube/release';
import { LOCK_TAG } from '@kdcube/release';
import { type EcsDouble, definition, NEW, OLD, PLACE, service, SERVICES, type Wish } from './rollout-kit';

/** One rollout: what is there and what happens, and how it must end. */
export interface Row {
  name: string;
  scenario?: object;
  wish?: Wish;
  options?: Partial<RolloutOptions>;
  place?: Partial<typeof PLACE>;
  /** Members of a scenario that come after everything has settled. */
  later?: object;
  /** Asked whenever the deploy has slept. */
  somebody?: (double: EcsDouble) => Promise<unknown>;
  /** The exit code. */
  exit: number;
  /** Something that a person must be told. */
  says?: RegExp;
  /** What every service is on in the end: all of them new or old, or each by name. */
  runs: 'new' | 'old' | Record<string, string>;
  /** The registry may be other than what runs, because AWS could not be asked to put it right, or somebody else's it is. */
  registry?: 'left';
  /** Its text is the golden one of this code in docs/problems.md. */
  golden?: ProblemCode;
  /** Calls that write: none at all. */
  writes?: 'none';
}

const NO_BREAKER = breaker({ enable: false, rollback: false });
const NO_WAY_BACK = breaker({ enable: true, rollback: false });

function breaker(deploymentCircuitBreaker: object, of: readonly string[] = SERVICES): object {
  const deploymentConfiguration = { deploymentCircuitBreaker, minimumHealthyPercent: 100, maximumPercent: 200 };
  return { services: SERVICES.map((name) => service(name, of.includes(name) ? { deploymentConfiguration } : {})) };
}

/** What the new image of a service does. */
function rule(name: string, what: object, more: object = {}): object {
  return { match: { service: `acme-${name}`, image: NEW.slice(7, 20) }, do: what, ...more };
}

const CRASH = { exit: { code: 3, after: 2, lines: ['Traceback (most recent call last):', 'KeyError: boom'] } };
const update = (at: number, request: object, op = 'UpdateService') => ({
  at,
  op,
  request: { cluster: PLACE.cluster, ...request },
});
const INGRESS = { changes: ['ingress'] };
/** Two more services of the same kind in the list would say the same: these rows change one. */
const UI = { changes: ['ui'] };

/** An operator stops the service deployment with ROLLBACK, so many seconds after it began. */
function rollBack(after: number): Row['somebody'] {
  let asked = false;
  return async (double) => {
    const filter = { cluster: PLACE.cluster, service: 'acme-ingress', status: ['IN_PROGRESS'] };
    const answer = asked ? undefined : await double.as('ListServiceDeployments', filter);
    const [one] =
      (answer as unknown as { serviceDeployments: { serviceDeploymentArn: string; createdAt: number }[] } | undefined)
        ?.serviceDeployments ?? [];
    if (!one || double.clock.now() < (one.createdAt + after) * 1000) return;
    asked = true;
    await double.as('StopServiceDeployment', { serviceDeploymentArn: one.serviceDeploymentArn, stopType: 'ROLLBACK' });
  };
}

export const ROWS: Row[] = [
  { name: 'all is well: proc in two steps, then the rest', exit: 0, runs: 'new' },
  { name: 'one service, and the registry stays', wish: UI, exit: 0, runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' } },
  { name: 'nothing changes', wish: { changes: [] }, exit: 0, runs: 'old', writes: 'none' },
  {
    name: 'setup and exec come first',
    wish: { setup: true, exec: true },
    scenario: { rules: [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }] },
    exit: 0,
    runs: 'new',
  },
  { name: 'the gateway is forced with the bundles', wish: { gateway: true }, exit: 0, runs: 'new' },
  {
    name: 'slow, but it comes',
    wish: UI,
    scenario: { rules: [rule('ui', { healthyAfter: 35 })] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  {
    name: 'the image cannot be pulled',
    scenario: { rules: [rule('proc', { pull: 'pull access denied' })] },
    exit: 10,
    says: /CannotPullContainerError: pull access denied.* ECS rolled proc back to acme-proc:1/s,
    runs: 'old',
    golden: 'image-pull-failed',
  },
  {
    name: 'a secret cannot be read',
    scenario: { rules: [rule('proc', { secret: 'AccessDeniedException' })] },
    exit: 11,
    says: /unable to pull secrets or registry auth: AccessDenied/,
    runs: 'old',
    golden: 'secret-unreadable',
  },
  {
    name: 'proc crashes after it wrote the registry',
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    says: /ended with exit code 3.*KeyError: boom/s,
    runs: 'old',
    golden: 'container-crashed',
  },
  {
    name: 'too little memory',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { exit: { code: 137, after: 5 } })] },
    exit: 12,
    says: /137.*OutOfMemory/s,
    runs: 'old',
  },
  {
    name: 'never healthy',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { healthy: 'never', lines: ['listening on 8010'] })] },
    exit: 13,
    says: /failed container health checks.*listening on 8010/s,
    runs: 'old',
    golden: 'health-check-failed',
  },
  {
    name: 'no room',
    wish: INGRESS,
    scenario: { capacity: { acme: 3 } },
    exit: 14,
    says: /Capacity is unavailable/,
    runs: 'old',
    golden: 'no-capacity',
  },
  {
    name: 'a later wave fails: proc and its registry go back too',
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /KeyError: boom.*proc runs acme-proc:1 \(as before\)/s,
    runs: 'old',
  },
  {
    name: 'a later wave fails, and stop was asked for',
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /proc runs acme-proc:2 \(new\)/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'proc crashes, and stop was asked for: the registry goes back all the same',
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'the second step of proc fails',
    scenario: { rules: [{ match: { taskDefinition: 'acme-proc:2' }, do: CRASH }] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'the second step of proc fails, and stop was asked for',
    options: { onFailure: 'stop' },
    scenario: { rules: [{ match: { taskDefinition: 'acme-proc:2' }, do: CRASH, times: 3 }] },
    exit: 12,
    says: /boom/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'the breaker has no way back: ours',
    scenario: { ...NO_WAY_BACK, rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'no breaker, and the image never comes',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, rules: [rule('ingress', { pull: 'x' })] },
    exit: 10,
    says: /CannotPull.*still going on after 40 minutes/s,
    runs: 'old',
  },
  {
    name: 'a pull without an end',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, rules: [rule('ingress', { stuck: true })] },
    exit: 15,
    says: /still going on after 40 minutes: 0 of 1 new tasks run, 1 start/,
    runs: 'old',
    golden: 'slow-start',
  },
  {
    name: 'crashes that the breaker does not see',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, quirks: { crashes: 'ignored' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'the old tasks do not go',
    wish: INGRESS,
    options: { timeout: 10 * 60_000, onFailure: 'stop' },
    later: { timing: { steady: 3600 } },
    exit: 16,
    says: /1 of 1 new tasks run.*does not call it completed/,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
    golden: 'rollout-timeout',
  },
  {
    name: 'the rollback has a new id',
    wish: INGRESS,
    scenario: { quirks: { rollbackId: 'new' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /ECS rolled ingress back to acme-ingress:1/,
    runs: 'old',
  },
  {
    name: 'the failed deployment is DRAINING',
    wish: INGRESS,
    scenario: { quirks: { failedStatus: 'DRAINING' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'somebody asks ECS for a rollback',
    wish: INGRESS,
    somebody: rollBack(20),
    exit: 17,
    says: /rolled ingress back/,
    runs: 'old',
    golden: 'rollout-failed',
  },
  {
    name: 'the way back fails too',
    wish: INGRESS,
    scenario: {
      rules: [{ match: { service: 'acme-ingress' }, do: CRASH }],
      services: SERVICES.map((name) =>
        service(
          name,
          name === 'ingress'
            ? {
                deploymentConfiguration: {
                  deploymentCircuitBreaker: { enable: true, rollback: true },
                  minimumHealthyPercent: 0,
                  maximumPercent: 100,
                },
              }
            : {},
        ),
      ),
    },
    exit: 23,
    says: /way back of ingress failed too/,
    runs: 'old',
    golden: 'rollback-failed',
  },
  {
    name: 'another revision takes its place',
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('other', OLD)],
      script: [update(230, { service: 'acme-ingress', taskDefinition: 'acme-other:1' })],
    },
    exit: 18,
    says: /acme-other:1/,
    runs: { proc: 'proc:2', ingress: 'other:1', ui: 'ui:1' },
    golden: 'rollout-superseded',
  },
  {
    name: 'another revision takes proc’s place in the middle of its first step',
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('other', OLD)],
      script: [update(30, { service: 'acme-proc', taskDefinition: 'acme-other:1' })],
    },
    exit: 18,
    says: /acme-other:1/,
    runs: { proc: 'other:1', ingress: 'ingress:1', ui: 'ui:1' },
    registry: 'left',
  },
  {
    name: 'somebody starts the same revision anew',
    wish: INGRESS,
    scenario: { script: [update(25, { service: 'acme-ingress', forceNewDeployment: true })] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'the service is deleted meanwhile',
    wish: INGRESS,
    scenario: { script: [update(25, { service: 'acme-ingress', force: true }, 'DeleteService')] },
    exit: 19,
    says: /DRAINING/,
    runs: { proc: 'proc:1', ingress: 'INACTIVE', ui: 'ui:1' },
    golden: 'service-gone',
  },
  {
    name: 'a service was set elsewhere between two waves',
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('other', OLD)],
      script: [update(100, { service: 'acme-ui', taskDefinition: 'acme-other:1' })],
    },
    exit: 18,
    says: /meanwhile/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'other:1' },
  },
  {
    name: 'a task reports another image',
    wish: UI,
    scenario: { rules: [rule('ui', { digest: `sha256:${'f'.repeat(64)}` })] },
    exit: 21,
    says: /sha256:ffff/,
    runs: 'old',
    golden: 'wrong-image',
  },
  {
    name: 'no task reports its image: unknown, and said',
    wish: UI,
    scenario: { quirks: { digest: 'none' } },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  {
    name: 'the setup fails',
    wish: { setup: true },
    scenario: { rules: [{ match: { oneOff: true }, do: CRASH }] },
    exit: 22,
    says: /exit code 3.*boom/s,
    runs: 'old',
    golden: 'task-failed',
  },
  { name: 'reads are behind', scenario: { stale: { seconds: 30 } }, exit: 0, runs: 'new' },
  { name: 'every second read is behind', scenario: { stale: { seconds: 40, alternate: true } }, exit: 0, runs: 'new' },
  {
    name: 'every second read is behind, and it crashes',
    wish: INGRESS,
    scenario: { stale: { seconds: 40, alternate: true }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    says: /boom/,
    runs: 'old',
  },
  {
    name: 'reads are behind for ever',
    wish: INGRESS,
    later: { stale: { seconds: 100_000, ops: ['DescribeServices'] } },
    exit: 20,
    says: /neither|not known/,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
    golden: 'rollout-unknown',
  },
  {
    name: 'throttled for a minute',
    scenario: { faults: [{ error: 'ThrottlingException', from: 20, until: 80 }] },
    exit: 0,
    runs: 'new',
  },
  {
    name: 'throttled on every call',
    scenario: { faults: [{ error: 'ThrottlingException' }] },
    exit: 31,
    runs: 'old',
    writes: 'none',
    golden: 'aws-throttled',
  },
  {
    name: 'credentials that end in the middle',
    wish: INGRESS,
    scenario: { faults: [{ error: 'ExpiredTokenException', from: 30 }] },
    exit: 30,
    says: /ingress goes to acme-ingress:2/,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
    golden: 'aws-credentials',
  },
  {
    name: 'not allowed to update',
    wish: INGRESS,
    scenario: { faults: [{ op: 'UpdateService', error: 'AccessDeniedException' }] },
    exit: 33,
    says: /ecs:UpdateService/,
    runs: 'old',
    golden: 'aws-denied',
  },
  {
    name: 'the line breaks before an update',
    wish: INGRESS,
    scenario: { cuts: [{ op: 'UpdateService', when: 'before', times: 1 }] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'the line breaks after an update',
    wish: INGRESS,
    scenario: { cuts: [{ op: 'UpdateService', when: 'after', times: 1 }] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'the line breaks after a registration',
    wish: INGRESS,
    scenario: { cuts: [{ op: 'RegisterTaskDefinition', when: 'after', times: 1 }] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'another account',
    scenario: { accounts: { AKIDEXAMPLE: '210987654321' } },
    exit: 40,
    says: /210987654321/,
    runs: 'old',
    writes: 'none',
    golden: 'wrong-account',
  },
  { name: 'another region', place: { region: 'us-east-1' }, exit: 40, runs: 'old', writes: 'none' },
  {
    name: 'no such cluster',
    scenario: { clusters: [{ name: PLACE.cluster, status: 'INACTIVE' }], services: [] },
    exit: 41,
    runs: {},
    writes: 'none',
    golden: 'cluster-missing',
  },
  {
    name: 'no such service',
    scenario: { services: [service('proc'), service('ingress')] },
    exit: 42,
    says: /acme-ui/,
    runs: {},
    writes: 'none',
    golden: 'service-missing',
  },
  {
    name: 'CodeDeploy deploys it',
    scenario: {
      services: [service('proc'), service('ingress'), service('ui', { deploymentController: { type: 'CODE_DEPLOY' } })],
    },
    exit: 43,
    says: /CodeDeploy/,
    runs: {},
    writes: 'none',
    golden: 'service-unfit',
  },
  {
    name: 'an external controller deploys it',
    scenario: { services: [service('proc'), service('ingress'), service('ui', { deploymentController: { type: 'EXTERNAL' } })] },
    exit: 43,
    says: /task sets/,
    runs: {},
    writes: 'none',
  },
  {
    name: 'forty services of others',
    wish: UI,
    scenario: {
      services: [
        ...SERVICES.map((name) => service(name)),
        ...Array.from({ length: 40 }, (_, index) => service('ui', { serviceName: `theirs-${index}` })),
      ],
    },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  {
    name: 'somebody deployed since the plan was made',
    scenario: {
      taskDefinitions: [...SERVICES.map((name) => definition(name, OLD)), definition('ui', OLD)],
      services: SERVICES.map((name) => service(name, name === 'ui' ? { taskDefinition: 'acme-ui:2' } : {})),
    },
    exit: 44,
    says: /ui runs acme-ui:2/,
    runs: {},
    writes: 'none',
    golden: 'plan-outdated',
  },
  {
    name: 'somebody else is deploying',
    scenario: {
      services: SERVICES.map((name) =>
        service(name, { tags: [{ key: LOCK_TAG, value: 'theirs 2026-03-02T10:30:00.000Z 2026-02-28' }] }),
      ),
    },
    exit: 45,
    says: /The release 2026-02-28 is being deployed to prod/,
    runs: 'old',
    writes: 'none',
    golden: 'deploy-under-way',
  },
  {
    name: 'somebody else was deploying, and is waited for',
    options: { wait: 60 * 60_000 },
    scenario: {
      services: SERVICES.map((name) =>
        service(name, { tags: [{ key: LOCK_TAG, value: 'theirs 2026-03-02T09:30:00.000Z 2026-02-28' }] }),
      ),
    },
    exit: 0,
    runs: 'new',
  },
  {
    name: 'AWS refuses for a reason of its own',
    wish: INGRESS,
    scenario: {
      faults: [
        {
          op: 'RegisterTaskDefinition',
          error: 'ClientException',
          message: 'Too many concurrent attempts to create a new revision.',
        },
      ],
    },
    exit: 34,
    says: /ecs:RegisterTaskDefinition \(ClientException\): Too many concurrent/,
    runs: 'old',
    golden: 'aws-answer',
  },
  {
    name: 'AWS has a fault for a minute in the middle',
    wish: INGRESS,
    scenario: { faults: [{ op: 'DescribeServices', error: 'ServerException', from: 20, until: 80 }] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'AWS has a fault and keeps it',
    wish: INGRESS,
    scenario: {
      faults: [{ op: 'DescribeServices', error: 'ServerException', message: 'Service Unavailable. Please try again later.' }],
    },
    exit: 32,
    runs: 'old',
    writes: 'none',
    golden: 'aws-unreachable',
  },
];

/** The codes whose golden text comes from a row. */
export const GOLDEN_CODES = ROWS.flatMap(({ golden = [] }) => golden);
