// What verify asks of other services than ECS.
import { service, startDouble } from '../testing/kit.mjs';

const GROUP = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/0123456789abcdef';

let double;
afterEach(() => double.close());

test('log groups: those of the scenario and those that containers wrote to, by their prefix, in pages', async () => {
  double = await startDouble({ logGroups: ['/ecs/setup', '/other'] });
  const names = async (request) =>
    (await double.as('DescribeLogGroups', request, 'logs')).logGroups.map((group) => group.logGroupName);
  expect(await names({})).toEqual(['/ecs/app', '/ecs/setup', '/other']);
  expect(await names({ logGroupNamePrefix: '/ecs/' })).toEqual(['/ecs/app', '/ecs/setup']);
  const { nextToken } = await double.as('DescribeLogGroups', { limit: 2 }, 'logs');
  expect(await names({ limit: 2, nextToken })).toEqual(['/other']);
});

test('quotas: the defaults, and an error for one that does not exist', async () => {
  double = await startDouble();
  const quota = (QuotaCode) => double.as('GetServiceQuota', { ServiceCode: 'fargate', QuotaCode }, 'service-quotas');
  expect((await quota('L-3032A538')).Quota.Value).toBe(4000);
  await expect(quota('L-00000000')).rejects.toMatchObject({ name: 'NoSuchResourceException' });
  expect(await double.as('ListServiceQuotas', { ServiceCode: 'ecs' }, 'service-quotas')).toEqual({ Quotas: [] });
  const { Quotas } = await double.as('ListAWSDefaultServiceQuotas', { ServiceCode: 'ecs' }, 'service-quotas');
  expect(Quotas.map(({ QuotaName }) => QuotaName)).toContain('Tasks per service');
});

test('target groups: those that services name, behind one load balancer', async () => {
  const loadBalancers = [{ targetGroupArn: GROUP, containerName: 'app', containerPort: 8010 }];
  double = await startDouble({ services: [service('app', { taskDefinition: 'app:1', loadBalancers })] });
  const { TargetGroups } = await double.as('DescribeTargetGroups', { TargetGroupArns: [GROUP] }, 'elbv2');
  expect(TargetGroups).toMatchObject([{ TargetGroupArn: GROUP, TargetGroupName: 'app', TargetType: 'ip', Port: 8010 }]);
  const [LoadBalancerArn] = TargetGroups[0].LoadBalancerArns;
  const { Attributes } = await double.as('DescribeLoadBalancerAttributes', { LoadBalancerArn }, 'elbv2');
  expect(Attributes).toContainEqual({ Key: 'idle_timeout.timeout_seconds', Value: '60' });
  await expect(double.as('DescribeTargetGroups', { TargetGroupArns: [`${GROUP}0`] }, 'elbv2')).rejects.toMatchObject({
    name: 'TargetGroupNotFoundException',
  });
});
