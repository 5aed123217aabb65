import type { AwsConnection } from '../ecs/aws/client';
import { askSigned } from '../ecs/aws/signed';

type Body = Record<string, unknown>;

/** An account as `verify` looks at it, made in a moto that runs: cluster, services, roles, secrets, logs, target groups, with one of each that is not right. `canary` is the value of every secret. */
export async function makeWorld(aws: AwsConnection, canary: string): Promise<void> {
  const json = (host: string, prefix: string, action: string, body: Body) =>
    askSigned(aws, { what: action, host, endpoint: host.toUpperCase(), target: `${prefix}.${action}`, body });
  const form = async (host: string, version: string, body: Body) =>
    (await askSigned(aws, { what: String(body.Action), host, endpoint: host.toUpperCase(), body: { ...body, Version: version } }))
      .text;
  const ecs = (action: string, body: Body) => json('ecs', 'AmazonEC2ContainerServiceV20141113', action, body);
  const elb = (Action: string, body: Body) => form('elasticloadbalancing', '2015-12-01', { ...body, Action });
  const first = (text: string, name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1] ?? '';

  await ecs('CreateCluster', { clusterName: 'acme' });
  const containerDefinitions = [{ name: 'web', image: 'x', memory: 128, portMappings: [{ containerPort: 80 }] }];
  await ecs('RegisterTaskDefinition', { family: 'web', networkMode: 'awsvpc', containerDefinitions });
  const trust = (service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    });
  for (const [RoleName, service] of [
    ['execution', 'ecs-tasks.amazonaws.com'],
    ['human', 'ec2.amazonaws.com'],
  ] as const)
    await form('iam', '2010-05-08', { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: trust(service) });
  await json('ssm', 'AmazonSSM', 'PutParameter', { Name: '/acme/openai', Type: 'SecureString', Value: canary });
  for (const Name of ['acme/db', 'acme/gone'])
    await json('secretsmanager', 'secretsmanager', 'CreateSecret', {
      Name,
      SecretString: JSON.stringify({ password: canary }),
      ClientRequestToken: '0123456789abcdef0123456789abcdef',
    });
  await json('secretsmanager', 'secretsmanager', 'DeleteSecret', { SecretId: 'acme/gone', RecoveryWindowInDays: 7 });
  for (const logGroupName of ['/ecs/kdcube-web', '/ecs/kdcube-web-more'])
    await json('logs', 'Logs_20140328', 'CreateLogGroup', { logGroupName });
  const subnets = [...(await form('ec2', '2016-11-15', { Action: 'DescribeSubnets' })).matchAll(/<subnetId>([^<]+)</g)].map(
    ([, id]) => id!,
  );
  const vpc = first(await form('ec2', '2016-11-15', { Action: 'DescribeVpcs' }), 'vpcId');
  const groups: Record<string, string> = {};
  for (const [name, type] of [
    ['web', 'ip'],
    ['quick', 'ip'],
    ['lonely', 'ip'],
    ['host', 'instance'],
    ['gone', 'ip'],
  ] as const)
    groups[name] = first(
      await elb('CreateTargetGroup', {
        Name: name,
        Protocol: 'HTTP',
        Port: '80',
        VpcId: vpc,
        TargetType: type,
        HealthCheckPath: '/',
      }),
      'TargetGroupArn',
    );
  for (const [name, targets, seconds] of [
    ['acme', ['web', 'host'], 600],
    ['acme-quick', ['quick'], 60],
  ] as const) {
    const LoadBalancerArn = first(
      await elb('CreateLoadBalancer', { Name: name, 'Subnets.member.1': subnets[0], 'Subnets.member.2': subnets[1] }),
      'LoadBalancerArn',
    );
    await elb('ModifyLoadBalancerAttributes', {
      LoadBalancerArn,
      'Attributes.member.1.Key': 'idle_timeout.timeout_seconds',
      'Attributes.member.1.Value': String(seconds),
    });
    for (const [index, target] of targets.entries())
      await elb('CreateListener', {
        LoadBalancerArn,
        Protocol: 'HTTP',
        Port: String(80 + index),
        'DefaultActions.member.1.Type': 'forward',
        'DefaultActions.member.1.TargetGroupArn': groups[target],
      });
  }
  const service = (serviceName: string, more: Body = {}) =>
    ecs('CreateService', { cluster: 'acme', serviceName, taskDefinition: 'web', desiredCount: 1, ...more });
  const balanced = (name: string, more: Body = {}) => ({
    loadBalancers: [{ targetGroupArn: groups[name], containerName: 'web', containerPort: 80, ...more }],
  });
  await service('web', balanced('web'));
  await service('quick', balanced('quick'));
  await service('lonely', balanced('lonely'));
  await service('host', balanced('host'));
  await service('gone', balanced('gone'));
  await service('blue', { deploymentController: { type: 'CODE_DEPLOY' } });
  await service('leaving');
  await ecs('UpdateService', { cluster: 'acme', service: 'leaving', desiredCount: 0 });
  await ecs('DeleteService', { cluster: 'acme', service: 'leaving' });
  await elb('DeleteTargetGroup', { TargetGroupArn: groups.gone! });
}
