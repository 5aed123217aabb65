// release:continue as Nx runs it, beside the stand-in for ECS. What continuing does to a deployment is in targets/ecs/rollout/continue.spec.
import { emptyDefinition, emptyService } from '../../../testing/aws-kit';
import { captureDeploys } from '../../../testing/deploy-kit';
import { procEnvironment } from '../../../testing/proc-release';
import continueDeployment from './executor';

jest.setTimeout(120_000);

const lifecycleHooks = [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }];
const BLUE_GREEN = { deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, lifecycleHooks } };

const at = captureDeploys({
  clusters: ['acme'],
  taskDefinitions: [emptyDefinition('proc'), emptyDefinition('proc', { image: 'registry.example/nothing:2' })],
  services: [{ ...emptyService('proc', 'proc:1'), ...BLUE_GREEN }],
});

const OPTIONS = { environment: 'prod', rollback: false, dryRun: false, json: false };
const run = (options: object = {}) => at.run(continueDeployment, { ...OPTIONS, ...options });
const answers = () => at.writes(['ContinueServiceDeployment', 'StopServiceDeployment']);
const statusOfProc = async () => {
  const [deployment] = (
    (await at.ecs.as('ListServiceDeployments', { cluster: 'acme', service: 'proc' })) as {
      serviceDeployments: { status: string }[];
    }
  ).serviceDeployments;
  return deployment?.status;
};

beforeEach(() => at.ours.commit({ 'environments/prod.yaml': procEnvironment(`${at.ours.registry.host}/acme`) }));

/** proc waits at its hook for an answer. */
async function pause(): Promise<void> {
  await at.ecs.as('UpdateService', { cluster: 'acme', service: 'proc', taskDefinition: 'proc:2' });
  await at.ecs.time.sleep(300_000);
}

it('continues what is paused, and says from which revision to which', async () => {
  await pause();
  expect(await run()).toBe(true);
  expect(at.output).toMatch(/continued +proc +proc:1 → proc:2, from POST_SCALE_UP/);
  expect(at.output).toContain('nx run release:deploy-ecs:prod    follows it to its verdict');
  await at.ecs.time.sleep(1_200_000);
  expect([answers(), await statusOfProc()]).toEqual([1, 'SUCCESSFUL']);
  expect([await run(), at.output]).toEqual([false, expect.stringContaining('[deployment-not-paused]')]);
  expect(at.output).toContain('No deployment of prod is paused at a lifecycle hook.');
});

it('rolls it back, and says in which direction', async () => {
  await pause();
  expect(await run({ rollback: true })).toBe(true);
  expect(at.output).toMatch(/rolling back +proc +proc:2 → proc:1, from POST_SCALE_UP/);
  await at.ecs.time.sleep(600_000);
  expect([answers(), await statusOfProc()]).toEqual([1, 'ROLLBACK_SUCCESSFUL']);
});

it.each([
  [{}, /would continue +proc +proc:1 → proc:2/],
  [{ rollback: true }, /would roll back +proc +proc:2 → proc:1/],
])('a dry run of %j writes nothing', async (options, line) => {
  await pause();
  expect(await run({ ...options, dryRun: true })).toBe(true);
  expect(at.output).toMatch(line);
  expect([answers(), await statusOfProc()]).toEqual([0, 'IN_PROGRESS']);
});

it('one JSON object for each deployment', async () => {
  await pause();
  expect(await run({ json: true })).toBe(true);
  const [event] = at.output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  expect(event).toMatchObject({ event: 'continued', service: 'proc', stage: 'POST_SCALE_UP', from: 'proc:1', to: 'proc:2' });
});

it.each<[string, object, string, string]>([
  ['no paused deployment', {}, 'deployment-not-paused', 'nx run release:status:prod'],
  ['no deployment in progress', { rollback: true }, 'deployment-not-paused', 'there is nothing to stop'],
  ['another service', { service: 'nothing' }, 'wrong-option', 'its services are: proc'],
  ['another environment', { environment: 'nothing' }, 'unknown-environment', 'one of prod'],
])('%s: a Problem, and no write', async (_, options, code, text) => {
  expect([await run(options), at.output]).toEqual([false, expect.stringContaining(`[${code}]`)]);
  expect(at.output).toContain(text);
  expect(answers()).toBe(0);
});

it('works with a release.yaml that cannot be read', async () => {
  at.ours.commit({ 'release.yaml': 'bundles: [' });
  await pause();
  expect([await run({ rollback: true }), at.output]).toEqual([true, expect.stringContaining('rolling back')]);
});
