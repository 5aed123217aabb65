import { LOCK_TAG } from '../../src/internal';
import { definition, OLD, PLACE, service, SERVICES } from './kit';
import { type Row, update, INGRESS, UI } from './row';

/** What is refused before the first write, and what waits or goes on all the same. */
export const REFUSED: Row[] = [
  {
    name: 'another account',
    scenario: { accounts: { AKIDEXAMPLE: '210987654321' } },
    exit: 40,
    message: /210987654321/,
    runs: 'old',
    writes: 'none',
    golden: 'wrong-account',
  },
  { name: 'another region', place: { region: 'us-east-1' }, exit: 40, message: /us-east-1/, runs: 'old', writes: 'none' },
  {
    name: 'a plan for a region where nothing is',
    place: { region: 'us-east-1' },
    plan: (plan) => ({ ...plan, region: 'us-east-1' }),
    exit: 41,
    message: /cluster does not exist in us-east-1/,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'a cluster that never was',
    place: { cluster: 'never' },
    plan: (plan) => ({ ...plan, cluster: 'never' }),
    exit: 41,
    message: /cluster does not exist in eu-central-1/,
    runs: 'old',
    writes: 'none',
  },
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
    message: /acme-ui/,
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
    message: /CodeDeploy/,
    runs: {},
    writes: 'none',
    golden: 'service-not-deployable',
  },
  {
    name: 'an external controller deploys it',
    scenario: { services: [service('proc'), service('ingress'), service('ui', { deploymentController: { type: 'EXTERNAL' } })] },
    exit: 43,
    message: /task sets/,
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
    message: /ui runs acme-ui:2/,
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
    message: /The release 2026-02-28 is being deployed to prod/,
    runs: 'old',
    writes: 'none',
    golden: 'deploy-in-progress',
  },
  {
    name: 'somebody else was deploying, and is waited for',
    options: { lockTimeout: 60 * 60_000 },
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
    message: /ecs:RegisterTaskDefinition failed \(ClientException\): Too many concurrent/,
    runs: 'old',
    golden: 'aws-error',
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
    message: /Service Unavailable/,
    runs: 'old',
    writes: 'none',
    golden: 'aws-unreachable',
  },
  {
    name: 'a service wants no tasks',
    scenario: { services: [service('proc'), service('ingress'), service('ui', { desiredCount: 0 })] },
    exit: 0,
    runs: 'new',
  },
  {
    name: 'a service is being deleted',
    before: (double) => double.as('DeleteService', { cluster: PLACE.cluster, service: 'acme-ui', force: true }),
    exit: 43,
    message: /is DRAINING: it is being deleted/,
    runs: {},
    writes: 'none',
  },
  {
    name: 'a service was deleted',
    before: async (double) => {
      await double.as('DeleteService', { cluster: PLACE.cluster, service: 'acme-ui', force: true });
      await double.clock.advance(300_000);
    },
    exit: 43,
    message: /is INACTIVE: it is being deleted, or was/,
    runs: {},
    writes: 'none',
  },
  {
    name: 'a service wants no tasks, and the plan gives it one',
    wish: UI,
    scenario: { services: [service('proc'), service('ingress'), service('ui', { desiredCount: 0 })] },
    plan: (plan) => ({
      ...plan,
      services: plan.services.map((step) => (step.service === 'ui' ? { ...step, desiredCount: { before: 0, after: 1 } } : step)),
    }),
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' },
  },
  {
    name: 'a service is deleted before its wave',
    scenario: { script: [update(60, { service: 'acme-ui', force: true }, 'DeleteService')] },
    exit: 19,
    message: /The service is (DRAINING|INACTIVE)/,
    runs: { proc: 'proc:1', ingress: 'ingress:1', ui: 'INACTIVE' },
  },
  {
    name: 'the old descriptor was forced a moment ago: its lock is waited for',
    before: async (double) => {
      await double.as('RegisterTaskDefinition', definition('proc', OLD, [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }]));
      await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-proc', taskDefinition: 'acme-proc:2' });
      await double.clock.advance(45_000);
    },
    exit: 0,
    runs: { proc: 'proc:3', ingress: 'ingress:2', ui: 'ui:2' },
  },
];
