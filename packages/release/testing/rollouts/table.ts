import { service, SERVICES } from './kit';
import { BALANCED, behindProc, isOfOne, type Row, CRASH, INGRESS, NO_BREAKER, NO_ROLLBACK, rollBack, rule, UI } from './row';
import { BUNDLE_ROWS } from './bundles.table';
import { CLOCKS } from './clocks.table';
import { GATEWAYS } from './gateway.table';
import { IMAGES } from './images.table';
import { TIMEOUTS } from './timeout.table';
import { MANY } from './many.table';
import { NATIVE } from './native.table';
import { OTHERS } from './others.table';
import { CONFIRMED } from './confirmed.table';
import { REASONS } from './reasons.table';
import { REFUSED } from './refused.table';
import { RELOADS } from './reload.table';
import { SCALED } from './scaled.table';
import { SECRETS } from './secrets.table';

/** Rollouts by what tasks and services do. */
const OWN: Row[] = [
  { name: 'a successful deploy: proc in two steps, then the other services', exit: 0, runs: 'new' },
  {
    name: 'one service, without a change of the registry',
    wish: UI,
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  { name: 'nothing changes', wish: { changes: [] }, exit: 0, runs: 'old', writes: 'none' },
  {
    name: 'the setup task runs and exec is registered before the services',
    wish: { setup: true, exec: true },
    scenario: { rules: [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }] },
    exit: 0,
    runs: 'new',
  },
  {
    name: 'a service that starts slowly',
    wish: UI,
    scenario: { rules: [rule('ui', { healthyAfter: 35 })] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  {
    name: 'the image cannot be pulled',
    scenario: { rules: [rule('proc', { pull: 'pull access denied' })] },
    exit: 10,
    message: /CannotPullContainerError: pull access denied.* ECS rolled proc back to acme-proc:1/s,
    runs: 'old',
    golden: 'image-pull-failed',
  },
  {
    name: 'a secret cannot be read',
    scenario: { rules: [rule('proc', { secret: 'AccessDeniedException' })] },
    exit: 11,
    message: /unable to pull secrets or registry auth: AccessDenied/,
    runs: 'old',
    golden: 'secret-unreadable',
  },
  {
    name: 'proc crashes after it wrote the registry',
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    message: /ended with exit code 3.*KeyError: boom/s,
    runs: 'old',
    golden: 'container-crashed',
  },
  {
    name: 'a container runs out of memory',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { exit: { code: 137, after: 5 } })] },
    exit: 12,
    message: /137.*OutOfMemory/s,
    runs: 'old',
  },
  {
    name: 'a service that never becomes healthy',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', { healthy: 'never', lines: ['listening on 8010'] })] },
    exit: 13,
    message: /failed container health checks.*listening on 8010/s,
    runs: 'old',
    golden: 'health-check-failed',
  },
  {
    name: 'no capacity',
    wish: INGRESS,
    scenario: { capacity: { acme: 3 } },
    exit: 14,
    message: /Capacity is unavailable/,
    runs: 'old',
    golden: 'no-capacity',
  },
  {
    name: 'proc is never healthy after it wrote the registry',
    scenario: { rules: [rule('proc', { healthy: 'never', lines: ['listening on 8020'] })] },
    exit: 13,
    message: /failed container health checks.*listening on 8020/s,
    runs: 'old',
  },
  {
    name: 'no capacity for proc',
    scenario: { capacity: { acme: 3 } },
    exit: 14,
    message: /Capacity is unavailable/,
    runs: 'old',
  },
  {
    name: 'the image pull of proc never ends',
    scenario: { ...NO_BREAKER, rules: [rule('proc', { stuck: true })] },
    exit: 15,
    message: /still in progress after 40 minutes: 0 of 1 new tasks running, 1 pending/,
    runs: 'old',
  },
  {
    name: 'a later wave fails: proc and its registry are rolled back too',
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /KeyError: boom.*proc runs acme-proc:1 \(as before\)/s,
    runs: 'old',
  },
  {
    name: 'a later wave fails with --onFailure=stop',
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /proc runs acme-proc:2 \(new\)/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'proc crashes with --onFailure=stop: the registry is restored all the same',
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('proc', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the second step of proc fails',
    scenario: { rules: [{ match: { taskDefinition: 'acme-proc:2' }, do: CRASH }] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the second step of proc fails with --onFailure=stop',
    options: { onFailure: 'stop' },
    scenario: { rules: [{ match: { taskDefinition: 'acme-proc:2' }, do: CRASH, times: 3 }] },
    exit: 12,
    message: /boom/,
    runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' },
  },
  {
    name: 'the circuit breaker does not roll back: this deploy does',
    scenario: { ...NO_ROLLBACK, rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the image pull never ends',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, rules: [rule('ingress', { stuck: true })] },
    exit: 15,
    message: /still in progress after 40 minutes: 0 of 1 new tasks running, 1 pending/,
    runs: 'old',
    golden: 'slow-start',
  },
  {
    name: 'crashes that the circuit breaker does not count',
    wish: INGRESS,
    scenario: { ...NO_BREAKER, quirks: { crashes: 'ignored' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'the rollback of ECS has a new deployment id',
    wish: INGRESS,
    scenario: { quirks: { rollbackId: 'new' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /ECS rolled ingress back to acme-ingress:1/,
    runs: 'old',
  },
  {
    name: 'the failed deployment is DRAINING',
    wish: INGRESS,
    scenario: { quirks: { failedStatus: 'DRAINING' }, rules: [rule('ingress', CRASH)] },
    exit: 12,
    message: /boom/,
    runs: 'old',
  },
  {
    name: 'an operator requests a rollback from ECS',
    wish: INGRESS,
    meanwhile: { afterSleep: rollBack(20) },
    exit: 17,
    message: /rolled ingress back/,
    runs: 'old',
    golden: 'rollout-failed',
  },
  {
    name: 'the health checks of the load balancer fail',
    wish: INGRESS,
    scenario: {
      services: SERVICES.map((name) => service(name, name === 'ingress' ? { loadBalancers: [BALANCED] } : {})),
      rules: [rule('ingress', { healthy: 'never', fails: 'elb' })],
    },
    exit: 13,
    message: /failed ELB health checks/,
    runs: 'old',
  },
  {
    name: 'one of two services of a wave fails: the other is rolled back too',
    wish: { more: ['metrics'] },
    scenario: { rules: [rule('metrics', CRASH)] },
    exit: 12,
    message: /metrics did not come up.*boom.*ui runs acme-ui:1 \(as before\)/s,
    runs: 'old',
  },
  {
    name: 'one of two services of a wave fails with --onFailure=stop',
    wish: { more: ['metrics'] },
    options: { onFailure: 'stop' },
    scenario: { rules: [rule('metrics', CRASH)] },
    exit: 12,
    message: /ui runs acme-ui:2 \(new\); metrics runs acme-metrics:1 \(as before\)/,
    runs: { proc: 'proc:2', ingress: 'ingress:2', ui: 'ui:2', metrics: 'metrics:1' },
  },
  {
    name: 'the rollback fails too',
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
    // The rollback stops where it fails: proc keeps its new revision, with its own descriptor.
    behindProc: { runs: { proc: 'proc:2', ingress: 'ingress:1', ui: 'ui:1' } },
    exit: 23,
    message: /rollback of ingress failed too/,
    runs: 'old',
    golden: 'rollback-failed',
  },
];

const PLAIN: Row[] = [
  ...OWN,
  ...TIMEOUTS,
  ...IMAGES,
  ...GATEWAYS,
  ...MANY,
  ...CLOCKS,
  ...OTHERS,
  ...REFUSED,
  ...SCALED,
  ...REASONS,
  ...CONFIRMED,
  ...SECRETS,
  ...RELOADS,
  ...NATIVE,
  ...BUNDLE_ROWS,
];

/** Every row about one service is also played after proc, which forces the registry in two steps. However it ends, the registry is that of the proc that runs then. */
const FORCED = PLAIN.filter(isOfOne).map(behindProc);

export const ROWS: Row[] = [...PLAIN, ...FORCED];

/** Rows about AWS and its client: clocks, faults, broken connections, pages, credentials; and those with a golden message. @kdcube/nx plays them through the AWS SDK too. */
export const CLIENT_ROWS = ROWS.filter(({ name, golden, meanwhile, bundles, withoutSdk, scenario = {} }) => {
  if (withoutSdk) return false;
  const isAboutAws = ['faults', 'cuts', 'accounts', 'signedWithin'].some((key) => key in scenario);
  return (
    golden !== undefined ||
    bundles !== undefined ||
    meanwhile?.machine !== undefined ||
    isAboutAws ||
    MANY.some((row) => row.name === name)
  );
});

/** The codes whose golden text comes from a row. */
export const GOLDEN_CODES = ROWS.flatMap(({ golden = [] }) => golden);
