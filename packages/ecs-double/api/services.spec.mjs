// Operations outside of rollouts: results, errors, paging.
import { CLUSTER, startDouble, deploy, describe as describeService, service, stopped } from '../testing/kit.mjs';

const started = [];
const open = async (scenario) => started[started.push(await startDouble(scenario)) - 1];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('services', () => {
  test('40 of them come in pages, and at most 10 are described at once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `app-${index}`);
    const double = await open({ services: names.map((name) => service(name, { taskDefinition: 'app:1', desiredCount: 0 })) });
    const seen = [];
    let nextToken;
    do {
      const page = await double.as('ListServices', { cluster: CLUSTER, nextToken });
      expect(page.serviceArns.length).toBe(10);
      seen.push(...page.serviceArns);
      nextToken = page.nextToken;
    } while (nextToken);
    expect(new Set(seen).size).toBe(40);
    await expect(double.as('DescribeServices', { cluster: CLUSTER, services: seen.slice(0, 11) })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    expect((await double.as('DescribeServices', { cluster: CLUSTER, services: seen.slice(0, 10) })).services).toHaveLength(10);
    await expect(double.as('ListServices', { cluster: CLUSTER, nextToken: 'made up' })).rejects.toThrow('Invalid token');
  });

  test('a missing service is a failure, a missing cluster an error', async () => {
    const double = await open();
    const { services, failures } = await double.as('DescribeServices', { cluster: CLUSTER, services: ['app', 'nothing'] });
    expect([services.length, failures]).toEqual([
      1,
      [{ arn: `arn:aws:ecs:eu-central-1:123456789012:service/${CLUSTER}/nothing`, reason: 'MISSING' }],
    ]);
    await expect(
      describeService(double, 'app').then(() => double.as('DescribeServices', { cluster: 'other', services: ['app'] })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
    await expect(double.as('UpdateService', { cluster: CLUSTER, service: 'nothing' })).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    const clusters = await double.as('DescribeClusters', { clusters: [CLUSTER, 'other'] });
    expect([clusters.clusters[0].activeServicesCount, clusters.failures[0].reason]).toEqual([1, 'MISSING']);
  });

  test('tags are shown when they are asked for', async () => {
    const double = await open({ services: [service('app', { taskDefinition: 'app:1', tags: [{ key: 'team', value: 'a' }] })] });
    const { serviceArn, tags } = await describeService(double);
    expect(tags).toBeUndefined();
    await double.as('TagResource', {
      resourceArn: serviceArn,
      tags: [
        { key: 'team', value: 'b' },
        { key: 'x', value: 'y' },
      ],
    });
    const { services } = await double.as('DescribeServices', { cluster: CLUSTER, services: ['app'], include: ['TAGS'] });
    expect(services[0].tags).toEqual([
      { key: 'team', value: 'b' },
      { key: 'x', value: 'y' },
    ]);
    expect(await double.as('ListTagsForResource', { resourceArn: serviceArn })).toEqual({ tags: services[0].tags });
    await expect(double.as('ListTagsForResource', { resourceArn: `${serviceArn}x` })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('ACTIVE, DRAINING, INACTIVE: still described, not listed, not updated; the name is free again in the end', async () => {
    const double = await open();
    await expect(double.as('DeleteService', { cluster: CLUSTER, service: 'app' })).rejects.toThrow('scaled above 0');
    await double.as('DeleteService', { cluster: CLUSTER, service: 'app', force: true });
    expect((await describeService(double)).status).toBe('DRAINING');
    await expect(deploy(double)).rejects.toMatchObject({ name: 'ServiceNotActiveException' });
    await double.clock.advance(60_000);
    expect([(await describeService(double)).status, (await double.as('ListServices', { cluster: CLUSTER })).serviceArns]).toEqual(
      ['INACTIVE', []],
    );
    await double.as('CreateService', service('app', { taskDefinition: 'app:1' }));
    await expect(double.as('CreateService', service('app', { taskDefinition: 'app:1' }))).rejects.toThrow('not idempotent');
  });

  test.each(['CODE_DEPLOY', 'EXTERNAL'])('%s: no deployments, no service deployments, no new task definition', async (type) => {
    const double = await open({ services: [service('app', { taskDefinition: 'app:1', deploymentController: { type } })] });
    const now = await describeService(double);
    expect([now.deployments, now.deploymentController]).toEqual([[], { type }]);
    await expect(deploy(double)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`with a ${type} deployment controller`),
    });
    await expect(double.as('ListServiceDeployments', { cluster: CLUSTER, service: 'app' })).rejects.toMatchObject({
      name: 'UnsupportedFeatureException',
    });
    expect((await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 3 })).service.desiredCount).toBe(
      3,
    );
  });

  test('scaled up and down without a new deployment', async () => {
    const double = await open();
    const { id } = (await describeService(double)).deployments[0];
    for (const desiredCount of [3, 1, 0]) {
      await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount });
      await double.clock.advance(200_000);
      const now = await describeService(double);
      expect([now.runningCount, now.deployments.map((one) => one.id)]).toEqual([desiredCount, [id]]);
    }
    expect((await stopped(double)).map(({ stoppedReason }) => stoppedReason)).toEqual(
      Array(3).fill(`Scaling activity initiated by (deployment ${id})`),
    );
  });
});
