import { deployInput, nothingRuns } from '../../../../testing/deploys';
import { fixtureFiles } from '../../../../testing/environments';
import { listed } from '../../../../testing/rollouts/bundles';
import { definition, OLD, service, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { deploy } from '../../../../testing/rollouts/run';
import { mustReadEnvironment } from '../../../environment/read-environment';
import type { Environment } from '../../../environment/environment';
import type { Generation } from '../../../platform/generation';
import { planDeploy } from '../plan/plan-deploy';

const CLUSTER = 'alps-prod';
let double: EcsDouble | undefined;
afterEach(async () => double?.close());

/** Published refs, the first of each generation that was published. */
const PUBLISHED: [string, Generation, { proc: string; proxy: string; descriptor: string; readiness: boolean }][] = [
  ['v0.3.2', '2026.3.1', { proc: '/health', proxy: '/chatbot/chat', descriptor: 'AGENTIC_BUNDLES_JSON', readiness: false }],
  [
    '2026.3.4.1716',
    '2026.3.3',
    { proc: '/health', proxy: '/chatbot/chat', descriptor: 'AGENTIC_BUNDLES_JSON', readiness: false },
  ],
  ['2026.4.21.1656', '2026.4.19', { proc: '/health', proxy: '/chatbot/chat', descriptor: 'bundles.yaml', readiness: false }],
  ['2026.08.15.310', '2026.8.12', { proc: '/health', proxy: '/health', descriptor: 'bundles.yaml', readiness: false }],
  ['2026.08.19.120', '2026.8.18', { proc: '/health/live', proxy: '/health', descriptor: 'bundles.yaml', readiness: true }],
];

function plannedFor(ref: string, generation: Generation) {
  const { environment } = mustReadEnvironment('prod', fixtureFiles('valid'), { generation });
  // Its gateway is that of the seed; web-proxy and proc are what differs.
  const asking: Environment = {
    ...environment,
    readiness: { url: 'http://127.0.0.1:1/', headers: {}, wait: 'all' },
  };
  return {
    environment: asking,
    ...planDeploy(deployInput({ environment: asking, platform: ref, running: nothingRuns(asking) })),
  };
}

/** The services of the environment, on an empty definition. */
function world({ services }: Environment): object {
  const names = services.filter(({ component }) => component !== 'postgres-setup').map(({ serviceName }) => serviceName);
  return {
    clusters: [CLUSTER],
    taskDefinitions: [{ ...definition('empty', OLD), family: 'empty' }],
    services: names.map((serviceName) => ({ ...service(serviceName), cluster: CLUSTER, serviceName, taskDefinition: 'empty:1' })),
    rules: [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }],
  };
}

async function containerOf(
  serviceName: string,
): Promise<{ healthCheck?: { command: string[] }; environment: { name: string }[] }> {
  const { services } = (await double!.as('DescribeServices', { cluster: CLUSTER, services: [serviceName] })) as unknown as {
    services: { taskDefinition: string }[];
  };
  const answer = await double!.as('DescribeTaskDefinition', { taskDefinition: services[0]!.taskDefinition });
  const { containerDefinitions } = (answer as unknown as { taskDefinition: { containerDefinitions: never[] } }).taskDefinition;
  return containerDefinitions.find(({ healthCheck }) => healthCheck !== undefined) ?? containerDefinitions[0]!;
}

/** One release, planned for each generation and rolled out: what runs then is what that platform expects. */
test.each(PUBLISHED)('%s, of %s', async (ref, generation, expected) => {
  const { environment, plan } = plannedFor(ref, generation);
  double = await startDouble(world(environment), []);
  let requests = 0;
  const bundles = () => {
    requests += 1;
    return { body: listed({ 'lifts@1-4': READY }, { tenant: environment.tenant, project: environment.project }) };
  };
  const { account, region, cluster } = plan;
  const ended = await deploy(double, plan, {}, { account, region, cluster }, { bundles });
  expect([ended.exit, ended.message]).toEqual([0, '']);
  const nameOf = (component: string) => environment.services.find((each) => each.component === component)!.serviceName;
  const [proc, proxy] = [await containerOf(nameOf('proc')), await containerOf(nameOf('web-proxy'))];
  expect(proc.healthCheck!.command.join(' ')).toContain(`8020${expected.proc} `.trimEnd());
  expect(proxy.healthCheck?.command.join(' ') ?? expected.proxy).toContain(expected.proxy);
  const names = proc.environment.map(({ name }) => name);
  expect(names.includes('AGENTIC_BUNDLES_JSON')).toBe(expected.descriptor === 'AGENTIC_BUNDLES_JSON');
  expect(plan.readiness !== undefined).toBe(expected.readiness);
  expect(requests > 0).toBe(expected.readiness);
  const notes = ended.events.flatMap((event) => (event.event === 'note' ? [event.text] : [])).join('\n');
  expect(/1 of 1 bundles are ready/.test(notes)).toBe(expected.readiness);
});

const READY = { readiness: 'independent', state: 'ready', ready: true };
