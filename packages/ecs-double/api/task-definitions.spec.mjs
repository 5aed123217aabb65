// Operations outside of rollouts: results, errors, paging.
import { CLUSTER, startDouble, definition, deploy, describe as describeService } from '../testing/kit.mjs';

const started = [];
const open = async (scenario) => started[started.push(await startDouble(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('task definitions', () => {
  test('get ECS’s defaults, and a number that is never given again', async () => {
    const double = await open();
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
    const { taskDefinition } = await double.as('RegisterTaskDefinition', {
      ...definition('app', 'registry.example/app:9', { portMappings: [{ containerPort: 80 }] }),
    });
    expect(taskDefinition).toMatchObject({ revision: 3, status: 'ACTIVE', volumes: [], compatibilities: ['EC2', 'FARGATE'] });
    expect(taskDefinition.containerDefinitions[0]).toMatchObject({
      cpu: 0,
      essential: true,
      mountPoints: [],
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
      healthCheck: { timeout: 5, retries: 3 },
    });
  });

  test('an INACTIVE one can be described and scaled, not deployed or run; a family means its latest ACTIVE revision', async () => {
    const double = await open();
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:2' });
    expect((await double.as('DescribeTaskDefinition', { taskDefinition: 'app:2' })).taskDefinition.status).toBe('INACTIVE');
    expect((await double.as('DescribeTaskDefinition', { taskDefinition: 'app' })).taskDefinition.revision).toBe(1);
    await expect(deploy(double)).rejects.toMatchObject({ name: 'ClientException', message: 'TaskDefinition is inactive' });
    await expect(double.as('RunTask', { cluster: CLUSTER, taskDefinition: 'app:2' })).rejects.toThrow('inactive');
    await expect(deploy(double, 'app:99')).rejects.toThrow('TaskDefinition not found.');
    await double.as('DeregisterTaskDefinition', { taskDefinition: 'app:1' });
    await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 2 });
    await double.clock.advance(120_000);
    expect((await describeService(double)).runningCount).toBe(2);
  });

  test('are listed by family and number, either way round, in pages', async () => {
    const double = await open();
    for (let count = 0; count < 9; count += 1) await double.as('RegisterTaskDefinition', definition('app'));
    const list = async (request) =>
      (await double.as('ListTaskDefinitions', request)).taskDefinitionArns.map((arn) => arn.split('/')[1]);
    expect((await list({ familyPrefix: 'app' })).at(-1)).toBe('app:11');
    expect(await list({ familyPrefix: 'app', sort: 'DESC', maxResults: 2 })).toEqual(['app:11', 'app:10']);
    expect(await list({ status: 'INACTIVE' })).toEqual([]);
  });

  test.each([
    [{ family: 'no spaces' }, 'Family'],
    [{ containerDefinitions: [] }, 'Container list'],
    [
      {
        containerDefinitions: [
          { name: 'a', image: 'i' },
          { name: 'a', image: 'i' },
        ],
      },
      'unique',
    ],
    [{ containerDefinitions: [{ name: 'a', image: 'i', essential: false }] }, 'essential'],
    [{ containerDefinitions: waits({ essential: true }) }, 'cannot be an essential container'],
    [{ containerDefinitions: waits({ name: 'c' }) }, "'b' is not in the task definition"],
    [{ containerDefinitions: [{ name: 'a', image: 'i', mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }] }, "'v'"],
    [{ cpu: undefined }, "'cpu'"],
    [{ networkMode: 'bridge' }, 'awsvpc'],
    [{ executionRoleArn: undefined }, 'execution role'],
    [{ containerDefinitions: [{ name: 'a', image: 'i', environment: [{ name: 'LONG', value: 'x'.repeat(70_000) }] }] }, '65536'],
  ])('refused: %j', async (change, message) => {
    const double = await open();
    await expect(double.as('RegisterTaskDefinition', { ...definition('app'), ...change })).rejects.toMatchObject({
      name: 'ClientException',
      message: expect.stringContaining(message),
    });
  });
});

function waits(more) {
  return [
    { name: 'a', image: 'i', dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] },
    { name: 'b', image: 'i', essential: false, ...more },
  ];
}
