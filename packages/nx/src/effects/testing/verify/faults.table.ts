import type { Asked } from '../registry-kit';
import type { Account } from './account';
import { first } from './account';
import type { Documented } from './replay';
import type { Ids } from './world';
import {
  balancedBy,
  ec2,
  ecs,
  efs,
  elb,
  iam,
  listen,
  makeTargetGroup,
  nfsRule,
  remakeService,
  setIdleTimeout,
  trustOf,
} from './world';

/** One thing that is wrong, and what `verify` says of it: exactly this, and nothing else. */
export interface Fault {
  name: string;
  /** In the account. What it returns are other credentials. */
  account?: (aws: Account, ids: Ids) => Promise<unknown>;
  /** In the environment's file. */
  environment?: (text: string, ids: Ids) => string;
  /** Answers as Amazon documents them, of what moto does not know. */
  instead?: Readonly<Record<string, Documented>>;
  /** Of the registry: an answer that it gives instead of its own. */
  registry?: (request: Asked) => unknown;
  options?: object;
  /** `what which: answer`; `{name}` is one of the ids. */
  said: string;
}

const SECRETS = 'secretsmanager';
const NOTHING = `sha256:${'0'.repeat(64)}`;
/** In the words of Amazon's registry. */
const NO_REPOSITORY = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    errors: [
      {
        code: 'NAME_UNKNOWN',
        message: "The repository with name 'acme/web' does not exist in the registry with id '123456789012'",
      },
    ],
  }),
};
const DIGEST = /sha256:[0-9a-f]{64}/;

export const FAULTS: Fault[] = [
  {
    name: 'credentials of another account',
    account: async (aws) => {
      const RoleArn = 'arn:aws:iam::999999999999:role/other';
      const words = { Action: 'AssumeRole', RoleArn, RoleSessionName: 'other' };
      const said = await aws.form('sts', '2011-06-15', words);
      return {
        AWS_ACCESS_KEY_ID: first(said, 'AccessKeyId'),
        AWS_SECRET_ACCESS_KEY: first(said, 'SecretAccessKey'),
        AWS_SESSION_TOKEN: first(said, 'SessionToken'),
      };
    },
    said: 'account 123456789012: these credentials belong to 999999999999',
  },
  {
    name: 'no cluster',
    environment: (text) => text.replace('cluster: acme', 'cluster: nowhere'),
    said: 'cluster nowhere: is not there',
  },
  {
    name: 'a cluster that was deleted',
    account: (aws) => ecs(aws, 'DeleteCluster', { cluster: 'acme' }),
    said: 'cluster acme: is INACTIVE',
  },
  {
    name: 'no cluster for the code that bundles run',
    environment: (text) => text.replace('fargate: {', 'fargate: { cluster: nowhere,'),
    said: 'cluster nowhere: is not there',
  },
  {
    name: 'no service',
    environment: (text) => text.replace('component: other', 'component: other, service_name: nobody'),
    said: 'service nobody: is not there: a release updates services, and makes none',
  },
  {
    name: 'a service that was deleted',
    account: (aws) => ecs(aws, 'DeleteService', { cluster: 'acme', service: 'web', force: true }),
    said: 'service web: is not there: a release updates services, and makes none',
  },
  {
    name: 'a service of CodeDeploy',
    account: (aws, ids) => remakeService(aws, ids, 'web', { deploymentController: { type: 'CODE_DEPLOY' } }),
    said: 'service web: is deployed by CODE_DEPLOY, and only ECS’s own rolling updates can be used here',
  },
  {
    name: 'no role',
    account: (aws) => iam(aws, 'DeleteRole', { RoleName: 'proc' }),
    said: 'role proc: is not there',
  },
  {
    name: 'a role that tasks may not have',
    account: (aws) => iam(aws, 'UpdateAssumeRolePolicy', { RoleName: 'proc', PolicyDocument: trustOf('ec2.amazonaws.com') }),
    said: 'role proc: does not let tasks have it: its trust policy does not name ecs-tasks.amazonaws.com',
  },
  {
    name: 'no execution role',
    environment: (text) =>
      text
        .replace(', execution_role: execution', '')
        .replace('component: proc', 'component: proc, execution_role: execution')
        .replace('fargate: {', 'fargate: { execution_role: execution,'),
    said: 'role web: has no execution role, and Fargate cannot write its log without one',
  },
  {
    name: 'a role that may not do what is needed',
    instead: { SimulatePrincipalPolicy: allBut('ssm:GetParameters') },
    said: 'permission execution: ssm:GetParameters: is not allowed on arn:aws:ssm:eu-central-1:123456789012:parameter/acme/redis, and needed to read secrets',
  },
  {
    name: 'no parameter',
    account: (aws) => aws.json('ssm', 'AmazonSSM.DeleteParameter', { Name: '/acme/redis' }),
    said: 'secret ssm:/acme/redis: is not there',
  },
  {
    name: 'no secret',
    account: (aws) => aws.json(SECRETS, 'secretsmanager.DeleteSecret', { SecretId: 'acme/db', ForceDeleteWithoutRecovery: true }),
    said: 'secret secretsmanager:acme/db#password: is not there',
  },
  {
    name: 'a secret that is being deleted',
    account: (aws) => aws.json(SECRETS, 'secretsmanager.DeleteSecret', { SecretId: 'acme/db', RecoveryWindowInDays: 7 }),
    said: 'secret secretsmanager:acme/db#password: is marked for deletion, and ECS cannot read it',
  },
  {
    name: 'a secret without the key that is wanted of it',
    account: (aws) => aws.json(SECRETS, 'secretsmanager.PutSecretValue', { SecretId: 'acme/db', SecretString: '{"other": "x"}' }),
    options: { secretKeys: true },
    said: 'secret secretsmanager:acme/db#password: is there, and has no key password',
  },
  {
    name: 'a secret that is plain text',
    account: (aws) => aws.json(SECRETS, 'secretsmanager.PutSecretValue', { SecretId: 'acme/db', SecretString: 'plain' }),
    options: { secretKeys: true },
    said: 'secret secretsmanager:acme/db#password: is there, and is no JSON object, so that it has no key password',
  },
  {
    name: 'no log group, though one begins like it',
    account: (aws) => aws.json('logs', 'Logs_20140328.DeleteLogGroup', { logGroupName: '/ecs/kdcube-web' }),
    said: 'log group /ecs/kdcube-web: is not there, and no task would start',
  },
  {
    name: 'no image',
    environment: (text) => text.replace(DIGEST, NOTHING),
    said: 'image acme/web@sha256:000000000000: {registry}/acme/web@sha256:0000000000000000000000000000000000000000000000000000000000000000 does not exist',
  },
  {
    name: 'no repository',
    registry: ({ name }) => (name === 'acme/web' ? NO_REPOSITORY : undefined),
    said: "image acme/web@{web}: {registry} has no repository acme/web, and this registry does not make one by itself. It answered 404 (NAME_UNKNOWN: The repository with name 'acme/web' does not exist in the registry with id '123456789012')",
  },
  {
    name: 'an image for another platform',
    environment: (text) => text.replace('component: other', 'component: other, architecture: arm64'),
    said: 'image acme/web@{web}: {registry}/acme/web@{web} has no image for linux/arm64. It is there for linux/amd64',
  },
  {
    name: 'another port behind the load balancer',
    account: (aws, ids) => remakeService(aws, ids, 'web', balancedBy(ids.group, { containerPort: 8080 })),
    said: 'target group web: sends to the port 8080, and the environment has 80',
  },
  {
    name: 'another container behind it',
    account: (aws, ids) => remakeService(aws, ids, 'web', balancedBy(ids.group, { containerName: 'site' })),
    said: 'target group web: sends to the container site, and the environment has web',
  },
  {
    name: 'a target group of another VPC',
    account: async (aws, ids) => {
      const group = await makeTargetGroup(aws, 'stray', ids.elsewhere);
      await listen(aws, ids.balancer, group, 81);
      await remakeService(aws, ids, 'web', balancedBy(group));
    },
    said: 'target group stray: is of {elsewhere}, and the tasks of web are in {vpc}',
  },
  {
    name: 'a target group of instances',
    account: async (aws, ids) => {
      const group = await makeTargetGroup(aws, 'host', ids.vpc, 'instance');
      await listen(aws, ids.balancer, group, 81);
      await remakeService(aws, ids, 'web', balancedBy(group));
    },
    said: 'target group host: has targets of type instance, and tasks with a network of their own are of type ip',
  },
  {
    name: 'a target group without a load balancer',
    account: async (aws, ids) => {
      await remakeService(aws, ids, 'web', balancedBy(await makeTargetGroup(aws, 'lonely', ids.vpc)));
    },
    said: 'target group lonely: hangs on no load balancer: nobody sends requests to it',
  },
  {
    name: 'a target group that was deleted',
    account: async (aws, ids) => {
      await elb(aws, 'DeleteListener', { ListenerArn: ids.listener });
      await elb(aws, 'DeleteTargetGroup', { TargetGroupArn: ids.group });
    },
    said: 'target group web: is not there',
  },
  {
    name: 'a load balancer that cuts early',
    account: (aws, ids) => setIdleTimeout(aws, ids.balancer, 60),
    said: 'load balancer acme: cuts what is quiet for 60 s, and the platform’s proxy waits for 600 s',
  },
  {
    name: 'no subnet',
    account: (aws, ids) => ec2(aws, 'DeleteSubnet', { SubnetId: ids.subnetExec }),
    said: 'subnet {subnetExec}: is not there, and exec names it',
  },
  {
    name: 'subnets of two VPCs',
    environment: (text, ids) => text.replace(`"${ids.subnetExec}"`, `"${ids.subnetExec}", "${ids.subnetElsewhere}"`),
    said: 'network exec: has subnets of more than one VPC: {subnetExec} of {vpc}, {subnetElsewhere} of {elsewhere}',
  },
  {
    name: 'no security group',
    account: (aws, ids) => ec2(aws, 'DeleteSecurityGroup', { GroupId: ids.runs }),
    said: 'security group {runs}: is not there, and exec names it',
  },
  {
    name: 'a security group of another VPC',
    environment: (text, ids) => text.replace(`"${ids.runs}"`, `"${ids.outside}"`),
    said: 'security group {outside}: is of {elsewhere}, and the subnets of exec are of {vpc}',
  },
  {
    name: 'no file system',
    account: async (aws, ids) => {
      await efs(aws, 'DELETE', `access-points/${ids.point}`);
      for (const target of [ids.mountA, ids.mountB]) await efs(aws, 'DELETE', `mount-targets/${target}`);
      await efs(aws, 'DELETE', `file-systems/${ids.files}`);
    },
    said: 'file system {files}: is not there',
  },
  {
    name: 'no mount target in a zone where tasks start',
    account: (aws, ids) => efs(aws, 'DELETE', `mount-targets/${ids.mountB}`),
    said: 'mount target {files}: has none in eu-central-1b of {vpc}, where tasks of proc may start',
  },
  {
    name: 'no access point',
    account: (aws, ids) => efs(aws, 'DELETE', `access-points/${ids.point}`),
    said: 'access point {point}: is not there',
  },
  {
    name: 'an access point of another file system',
    environment: (text, ids) => text.replace(ids.point, ids.otherPoint),
    said: 'access point {otherPoint}: is of {others}, and not of {files}',
  },
  {
    name: 'a file system that lets nobody in',
    account: (aws, ids) => ec2(aws, 'RevokeSecurityGroupIngress', nfsRule(ids)),
    said: 'nfs {files}: no rule of {efs} lets proc in at TCP 2049, from {tasks}',
  },
  {
    name: 'a quota of vCPU that is too small',
    instead: { GetServiceQuota: JSON.stringify({ Quota: { Value: 0.25 } }) },
    said: 'quota Fargate vCPU: 0.25 vCPU for the account, and this environment takes 2.5 while all of it is replaced',
  },
  {
    name: 'a quota of tasks that is too small',
    instead: { ListServiceQuotas: JSON.stringify({ Quotas: [{ QuotaName: 'Tasks per service', Value: 2 }] }) },
    environment: (text) => text.replace('component: other', 'component: other, count: 3'),
    said: 'quota tasks of a service: 2, and web has 3',
  },
];

/** What IAM answers of a role that may do all but one thing. */
function allBut(denied: string): Documented {
  return (body) => {
    const actions = [...new URLSearchParams(body)]
      .filter(([name]) => name.startsWith('ActionNames.'))
      .map(([, action]) => action);
    const results = actions.map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${action === denied ? 'implicitDeny' : 'allowed'}</EvalDecision></member>`,
    );
    return `<SimulatePrincipalPolicyResponse><EvaluationResults>${results.join('')}</EvaluationResults></SimulatePrincipalPolicyResponse>`;
  };
}
