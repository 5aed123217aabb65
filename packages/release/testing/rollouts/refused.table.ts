import { LOCK_TAG } from '../../src/internal';
import { definition, OLD, PLACE, service, SERVICES } from './kit';
import { type Row, update, INGRESS, UI } from './row';

/** What is refused before the first write, and what is not. */
export const REFUSED: Row[] = [
  {
    name: 'the credentials belong to another account',
    scenario: { accounts: { AKIDEXAMPLE: '210987654321' } },
    exit: 40,
    message: /210987654321/,
    runs: 'old',
    writes: 'none',
    golden: 'wrong-account',
  },
  {
    name: 'the plan is for another region',
    place: { region: 'us-east-1' },
    exit: 40,
    message: /us-east-1/,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'a plan for a region without the cluster',
    place: { region: 'us-east-1' },
    plan: (plan) => ({ ...plan, region: 'us-east-1' }),
    exit: 41,
    message: /cluster does not exist in us-east-1/,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'a plan for a cluster that does not exist',
    place: { cluster: 'never' },
    plan: (plan) => ({ ...plan, cluster: 'never' }),
    exit: 41,
    message: /cluster does not exist in eu-central-1/,
    runs: 'old',
    writes: 'none',
  },
  {
    name: 'the cluster is INACTIVE',
    scenario: { clusters: [{ name: PLACE.cluster, status: 'INACTIVE' }], services: [] },
    exit: 41,
    runs: {},
    writes: 'none',
    golden: 'cluster-missing',
  },
  {
    name: 'a service does not exist',
    scenario: { services: [service('proc'), service('ingress')] },
    exit: 42,
    message: /acme-ui/,
    runs: {},
    writes: 'none',
    golden: 'service-missing',
  },
  {
    name: 'CodeDeploy manages the service',
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
    name: 'an external controller manages the service',
    scenario: { services: [service('proc'), service('ingress'), service('ui', { deploymentController: { type: 'EXTERNAL' } })] },
    exit: 43,
    message: /task sets/,
    runs: {},
    writes: 'none',
  },
  {
    name: 'forty other services in the cluster',
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
    name: 'another deploy since the plan was made',
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
    name: 'another deploy is in progress',
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
    name: 'another deploy is in progress, with --wait',
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
    name: 'AWS rejects a registration',
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
    name: 'AWS returns errors for a minute during a rollout',
    wish: INGRESS,
    scenario: { faults: [{ op: 'DescribeServices', error: 'ServerException', from: 20, until: 80 }] },
    exit: 0,
    runs: { proc: 'proc:1', ingress: 'ingress:2', ui: 'ui:1' },
  },
  {
    name: 'AWS returns errors for every read',
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
    name: 'a service is scaled to 0, and every service changes',
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
    name: 'a service is scaled to 0, and the plan scales it to 1',
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
    name: 'the old descriptor was forced just before: the deploy waits for its lock',
    before: async (double) => {
      await double.as('RegisterTaskDefinition', definition('proc', OLD, [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }]));
      await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-proc', taskDefinition: 'acme-proc:2' });
      await double.clock.advance(45_000);
    },
    exit: 0,
    runs: { proc: 'proc:3', ingress: 'ingress:2', ui: 'ui:2' },
  },
];
