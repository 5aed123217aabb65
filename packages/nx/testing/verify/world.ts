import { type Account, findText } from './account';

/** The ids of the resources, which moto generates. */
export type Ids = Record<
  | 'vpc'
  | 'elsewhere'
  | 'subnetA'
  | 'subnetB'
  | 'subnetExec'
  | 'subnetElsewhere'
  | 'tasks'
  | 'runs'
  | 'efs'
  | 'outside'
  | 'files'
  | 'others'
  | 'point'
  | 'otherPoint'
  | 'mountA'
  | 'mountB'
  | 'group'
  | 'balancer'
  | 'listener',
  string
>;

const EC2 = '2016-11-15';
const ELB = '2015-12-01';
const IAM = '2010-05-08';
const REGION = 'eu-central-1';

/** Creates an account that passes all checks. `canary` is the value of every secret. */
export async function makeWorld(aws: Account, canary: string): Promise<Ids> {
  const network = await makeNetwork(aws);
  const files = await makeFiles(aws, network);
  await makeRoles(aws);
  await makeSecrets(aws, canary);
  for (const logGroupName of ['/ecs/kdcube-proc', '/ecs/kdcube-web', '/ecs/kdcube-exec', '/ecs/kdcube-web-more'])
    await aws.json('logs', 'Logs_20140328.CreateLogGroup', { logGroupName });
  const balanced = await makeBalancer(aws, network);
  const ids: Ids = { ...network, ...files, ...balanced };
  await ecs(aws, 'CreateCluster', { clusterName: 'acme' });
  await ecs(aws, 'RegisterTaskDefinition', {
    family: 'any',
    networkMode: 'awsvpc',
    containerDefinitions: [{ name: 'web', image: 'x', memory: 128, portMappings: [{ containerPort: 80 }] }],
  });
  await makeService(aws, ids, 'proc');
  await makeService(aws, ids, 'web', balancedBy(ids.group));
  return ids;
}

export function ecs(aws: Account, action: string, body: object): Promise<Record<string, unknown>> {
  return aws.json('ecs', `AmazonEC2ContainerServiceV20141113.${action}`, body);
}

export function ec2(aws: Account, Action: string, body: Record<string, string> = {}): Promise<string> {
  return aws.form('ec2', EC2, { ...body, Action });
}

export function elb(aws: Account, Action: string, body: Record<string, string>): Promise<string> {
  return aws.form('elasticloadbalancing', ELB, { ...body, Action });
}

export function iam(aws: Account, Action: string, body: Record<string, string>): Promise<string> {
  return aws.form('iam', IAM, { ...body, Action });
}

export function efs(aws: Account, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  return aws.rest('elasticfilesystem', method, `/2015-02-01/${path}`, body);
}

export function balancedBy(targetGroupArn: string, more: object = {}): object {
  return { loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80, ...more }] };
}

async function makeService(aws: Account, ids: Ids, serviceName: string, more: object = {}): Promise<void> {
  const awsvpcConfiguration = { subnets: [ids.subnetA, ids.subnetB], securityGroups: [ids.tasks] };
  const service = {
    cluster: 'acme',
    serviceName,
    taskDefinition: 'any',
    desiredCount: 1,
    networkConfiguration: { awsvpcConfiguration },
  };
  await ecs(aws, 'CreateService', { ...service, ...more });
}

/** Replaces a service by one with other settings. */
export async function remakeService(aws: Account, ids: Ids, serviceName: string, more: object): Promise<void> {
  await ecs(aws, 'DeleteService', { cluster: 'acme', service: serviceName, force: true });
  await makeService(aws, ids, serviceName, more);
}

export async function makeTargetGroup(aws: Account, Name: string, VpcId: string, TargetType = 'ip'): Promise<string> {
  const input = { Name, VpcId, TargetType, Protocol: 'HTTP', Port: '80', HealthCheckPath: '/' };
  return findText(await elb(aws, 'CreateTargetGroup', input), 'TargetGroupArn');
}

/** Adds a listener, which attaches a target group to the load balancer. */
export async function listen(aws: Account, balancer: string, group: string, port: number): Promise<string> {
  const made = await elb(aws, 'CreateListener', {
    LoadBalancerArn: balancer,
    Protocol: 'HTTP',
    Port: String(port),
    'DefaultActions.member.1.Type': 'forward',
    'DefaultActions.member.1.TargetGroupArn': group,
  });
  return findText(made, 'ListenerArn');
}

async function makeNetwork(aws: Account) {
  const vpc = findText(await ec2(aws, 'CreateVpc', { CidrBlock: '10.0.0.0/16' }), 'vpcId');
  const elsewhere = findText(await ec2(aws, 'CreateVpc', { CidrBlock: '10.9.0.0/16' }), 'vpcId');
  const subnet = async (VpcId: string, CidrBlock: string, zone: string) =>
    findText(await ec2(aws, 'CreateSubnet', { VpcId, CidrBlock, AvailabilityZone: `${REGION}${zone}` }), 'subnetId');
  const group = async (VpcId: string, GroupName: string) =>
    findText(await ec2(aws, 'CreateSecurityGroup', { VpcId, GroupName, GroupDescription: GroupName }), 'groupId');
  const ids = {
    vpc,
    elsewhere,
    subnetA: await subnet(vpc, '10.0.1.0/24', 'a'),
    subnetB: await subnet(vpc, '10.0.2.0/24', 'b'),
    subnetExec: await subnet(vpc, '10.0.3.0/24', 'c'),
    subnetElsewhere: await subnet(elsewhere, '10.9.1.0/24', 'a'),
    tasks: await group(vpc, 'tasks'),
    runs: await group(vpc, 'runs'),
    efs: await group(vpc, 'efs'),
    outside: await group(elsewhere, 'outside'),
  };
  await ec2(aws, 'AuthorizeSecurityGroupIngress', nfsRule(ids));
  return ids;
}

/** The ingress rule that lets tasks mount the file systems. */
export function nfsRule({ efs: GroupId, tasks }: Pick<Ids, 'efs' | 'tasks'>): Record<string, string> {
  return {
    GroupId,
    'IpPermissions.1.IpProtocol': 'tcp',
    'IpPermissions.1.FromPort': '2049',
    'IpPermissions.1.ToPort': '2049',
    'IpPermissions.1.Groups.1.GroupId': tasks,
  };
}

async function makeFiles(aws: Account, ids: Pick<Ids, 'subnetA' | 'subnetB' | 'efs'>) {
  const system = async (CreationToken: string) =>
    String((await efs(aws, 'POST', 'file-systems', { CreationToken })).FileSystemId);
  const files = await system('files');
  const others = await system('others');
  const mount = async (SubnetId: string) =>
    String((await efs(aws, 'POST', 'mount-targets', { FileSystemId: files, SubnetId, SecurityGroups: [ids.efs] })).MountTargetId);
  const point = async (FileSystemId: string) =>
    String((await efs(aws, 'POST', 'access-points', { ClientToken: FileSystemId, FileSystemId })).AccessPointId);
  return {
    files,
    others,
    mountA: await mount(ids.subnetA),
    mountB: await mount(ids.subnetB),
    point: await point(files),
    otherPoint: await point(others),
  };
}

export function trustOf(service: string): string {
  const Statement = [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

async function makeRoles(aws: Account): Promise<void> {
  for (const RoleName of ['execution', 'proc'])
    await iam(aws, 'CreateRole', { RoleName, AssumeRolePolicyDocument: trustOf('ecs-tasks.amazonaws.com') });
}

async function makeSecrets(aws: Account, canary: string): Promise<void> {
  await aws.json('ssm', 'AmazonSSM.PutParameter', { Name: '/acme/redis', Type: 'SecureString', Value: canary });
  await aws.json('secretsmanager', 'secretsmanager.CreateSecret', {
    Name: 'acme/db',
    SecretString: JSON.stringify({ password: canary }),
    ClientRequestToken: '0123456789abcdef0123456789abcdef',
  });
}

async function makeBalancer(aws: Account, { vpc, subnetA, subnetB }: Pick<Ids, 'vpc' | 'subnetA' | 'subnetB'>) {
  const group = await makeTargetGroup(aws, 'web', vpc);
  const input = { Name: 'acme', 'Subnets.member.1': subnetA, 'Subnets.member.2': subnetB };
  const balancer = findText(await elb(aws, 'CreateLoadBalancer', input), 'LoadBalancerArn');
  await setIdleTimeout(aws, balancer, 600);
  return { group, balancer, listener: await listen(aws, balancer, group, 80) };
}

export async function setIdleTimeout(aws: Account, LoadBalancerArn: string, seconds: number): Promise<void> {
  await elb(aws, 'ModifyLoadBalancerAttributes', {
    LoadBalancerArn,
    'Attributes.member.1.Key': 'idle_timeout.timeout_seconds',
    'Attributes.member.1.Value': String(seconds),
  });
}
