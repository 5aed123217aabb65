import type { Asked } from '../registry-kit';
import type { Account } from './account';
import { findText } from './account';
import type { FixedResponse } from './replay';
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

/** One fault of an environment, and the only check that fails because of it. */
export interface Fault {
  name: string;
  /** Changes the account. May return the credentials to use. */
  changeAccount?: (aws: Account, ids: Ids) => Promise<unknown>;
  /** Changes the environment file. */
  changeEnvironment?: (text: string, ids: Ids) => string;
  /** Responses of calls that moto does not implement. */
  fixedResponses?: Readonly<Record<string, FixedResponse>>;
  /** Responses of the registry instead of its own. */
  registryFault?: (request: Asked) => unknown;
  options?: object;
  /** `kind subject: detail`; `{name}` is one of the ids. */
  result: string;
}

const SECRETS = 'secretsmanager';
const PLATFORM_SECRETS = 'kdcube/acme/demo/platform/secrets';
const NOTHING = `sha256:${'0'.repeat(64)}`;
/** The response of ECR. */
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
    changeAccount: async (aws) => {
      const RoleArn = 'arn:aws:iam::999999999999:role/other';
      const input = { Action: 'AssumeRole', RoleArn, RoleSessionName: 'other' };
      const response = await aws.form('sts', '2011-06-15', input);
      return {
        AWS_ACCESS_KEY_ID: findText(response, 'AccessKeyId'),
        AWS_SECRET_ACCESS_KEY: findText(response, 'SecretAccessKey'),
        AWS_SESSION_TOKEN: findText(response, 'SessionToken'),
      };
    },
    result: 'account 123456789012: is not the account of these credentials: they are for 999999999999',
  },
  {
    name: 'no cluster',
    changeEnvironment: (text) => text.replace('cluster: acme', 'cluster: nowhere'),
    result: 'cluster nowhere: does not exist',
  },
  {
    name: 'a cluster that was deleted',
    changeAccount: (aws) => ecs(aws, 'DeleteCluster', { cluster: 'acme' }),
    result: 'cluster acme: is INACTIVE',
  },
  {
    name: 'no cluster for exec',
    changeEnvironment: (text) => text.replace('fargate: {', 'fargate: { cluster: nowhere,'),
    result: 'cluster nowhere: does not exist',
  },
  {
    name: 'no service',
    changeEnvironment: (text) => text.replace('component: other', 'component: other, service_name: nobody'),
    result: 'service nobody: does not exist in the cluster acme: a deployment updates services, it does not create them',
  },
  {
    name: 'a service that was deleted',
    changeAccount: (aws) => ecs(aws, 'DeleteService', { cluster: 'acme', service: 'web', force: true }),
    result: 'service web: does not exist in the cluster acme: a deployment updates services, it does not create them',
  },
  {
    name: 'a service with CodeDeploy',
    changeAccount: (aws, ids) => remakeService(aws, ids, 'web', { deploymentController: { type: 'CODE_DEPLOY' } }),
    result: 'service web: has the deployment controller CODE_DEPLOY (CodeDeploy): only ECS (rolling update) is supported',
  },
  {
    name: 'no role',
    changeAccount: (aws) => iam(aws, 'DeleteRole', { RoleName: 'proc' }),
    result: 'role proc: does not exist',
  },
  {
    name: 'a role that ECS tasks cannot assume',
    changeAccount: (aws) =>
      iam(aws, 'UpdateAssumeRolePolicy', { RoleName: 'proc', PolicyDocument: trustOf('ec2.amazonaws.com') }),
    result: 'role proc: cannot be assumed by ECS tasks: its trust policy does not name ecs-tasks.amazonaws.com',
  },
  {
    name: 'no execution role',
    changeEnvironment: (text) =>
      text
        .replace(', execution_role: execution', '')
        .replace('component: proc', 'component: proc, execution_role: execution')
        .replace('fargate: {', 'fargate: { execution_role: execution,'),
    result: 'role web: has no execution role: Fargate cannot write its log without one',
  },
  {
    name: 'a role without a permission',
    fixedResponses: { SimulatePrincipalPolicy: deniedAction('ssm:GetParameters') },
    result:
      'permission execution: ssm:GetParameters: denied on arn:aws:ssm:eu-central-1:123456789012:parameter/acme/redis, but needed to read secrets',
  },
  {
    name: 'no parameter',
    changeAccount: (aws) => aws.json('ssm', 'AmazonSSM.DeleteParameter', { Name: '/acme/redis' }),
    result: 'secret ssm:/acme/redis: does not exist',
  },
  {
    name: 'no secret',
    changeAccount: (aws) =>
      aws.json(SECRETS, 'secretsmanager.DeleteSecret', { SecretId: 'acme/db', ForceDeleteWithoutRecovery: true }),
    result: 'secret secretsmanager:acme/db#password: does not exist',
  },
  {
    name: 'a secret that is scheduled for deletion',
    changeAccount: (aws) => aws.json(SECRETS, 'secretsmanager.DeleteSecret', { SecretId: 'acme/db', RecoveryWindowInDays: 7 }),
    result: 'secret secretsmanager:acme/db#password: is scheduled for deletion: ECS cannot read it',
  },
  {
    name: 'a secret without the key',
    changeAccount: (aws) =>
      aws.json(SECRETS, 'secretsmanager.PutSecretValue', { SecretId: 'acme/db', SecretString: '{"other": "x"}' }),
    options: { secretKeys: true },
    result: 'secret secretsmanager:acme/db#password: exists, but has no key password',
  },
  {
    name: 'a secret that is plain text',
    changeAccount: (aws) => aws.json(SECRETS, 'secretsmanager.PutSecretValue', { SecretId: 'acme/db', SecretString: 'plain' }),
    options: { secretKeys: true },
    result: 'secret secretsmanager:acme/db#password: exists, but is not a JSON object: it has no key password',
  },
  {
    name: 'no log group, although another one has its name as a prefix',
    changeAccount: (aws) => aws.json('logs', 'Logs_20140328.DeleteLogGroup', { logGroupName: '/ecs/kdcube-web' }),
    result: 'log group /ecs/kdcube-web: does not exist: no task can start without it',
  },
  {
    name: 'a login by a bundle, and no secrets of the platform',
    changeEnvironment: withBundleLogin,
    result: `secret secretsmanager:${PLATFORM_SECRETS}: does not exist: the login of a bundle needs services.session_token.secret in it`,
  },
  {
    name: 'a login by a bundle, and secrets of the platform that are scheduled for deletion',
    changeEnvironment: withBundleLogin,
    changeAccount: async (aws) => {
      await aws.json(SECRETS, 'secretsmanager.CreateSecret', { Name: PLATFORM_SECRETS, SecretString: '{}' });
      return aws.json(SECRETS, 'secretsmanager.DeleteSecret', { SecretId: PLATFORM_SECRETS, RecoveryWindowInDays: 7 });
    },
    result: `secret secretsmanager:${PLATFORM_SECRETS}: is scheduled for deletion: the platform cannot read services.session_token.secret`,
  },
  {
    name: 'no signature, although the environment requires one',
    changeEnvironment: (text) => `${text}signatures: { required: true, keys: [keys/release.pub] }\n`,
    result: 'signature proc: {registry}/proc@{proc} has no valid signature, and prod requires one: it has no signature',
  },
  {
    name: 'no image',
    changeEnvironment: (text) => text.replace(DIGEST, NOTHING),
    result:
      'image acme/web@sha256:000000000000: {registry}/acme/web@sha256:0000000000000000000000000000000000000000000000000000000000000000 does not exist',
  },
  {
    name: 'no repository',
    registryFault: ({ name }) => (name === 'acme/web' ? NO_REPOSITORY : undefined),
    result:
      "image acme/web@{web}: {registry} has no repository acme/web, and does not create repositories on push. It answered 404 (NAME_UNKNOWN: The repository with name 'acme/web' does not exist in the registry with id '123456789012')",
  },
  {
    name: 'an image for another platform',
    changeEnvironment: (text) => text.replace('component: other', 'component: other, architecture: arm64'),
    result: 'image acme/web@{web}: {registry}/acme/web@{web} has no image for linux/arm64, only for linux/amd64',
  },
  {
    name: 'another port behind the load balancer',
    changeAccount: (aws, ids) => remakeService(aws, ids, 'web', balancedBy(ids.group, { containerPort: 8080 })),
    result: 'target group web: forwards to port 8080, but the environment has 80',
  },
  {
    name: 'another container behind it',
    changeAccount: (aws, ids) => remakeService(aws, ids, 'web', balancedBy(ids.group, { containerName: 'site' })),
    result: 'target group web: forwards to the container site, but the environment has web',
  },
  {
    name: 'a target group of another VPC',
    changeAccount: async (aws, ids) => {
      const group = await makeTargetGroup(aws, 'stray', ids.elsewhere);
      await listen(aws, ids.balancer, group, 81);
      await remakeService(aws, ids, 'web', balancedBy(group));
    },
    result: 'target group stray: is in {elsewhere}, but the tasks of web are in {vpc}',
  },
  {
    name: 'a target group of instances',
    changeAccount: async (aws, ids) => {
      const group = await makeTargetGroup(aws, 'host', ids.vpc, 'instance');
      await listen(aws, ids.balancer, group, 81);
      await remakeService(aws, ids, 'web', balancedBy(group));
    },
    result: 'target group host: has targets of type instance: tasks with the network mode awsvpc need type ip',
  },
  {
    name: 'a target group without a load balancer',
    changeAccount: async (aws, ids) => {
      await remakeService(aws, ids, 'web', balancedBy(await makeTargetGroup(aws, 'lonely', ids.vpc)));
    },
    result: 'target group lonely: is not attached to a load balancer: it gets no requests',
  },
  {
    name: 'a target group that was deleted',
    changeAccount: async (aws, ids) => {
      await elb(aws, 'DeleteListener', { ListenerArn: ids.listener });
      await elb(aws, 'DeleteTargetGroup', { TargetGroupArn: ids.group });
    },
    result: 'target group web: does not exist',
  },
  {
    name: 'a load balancer with a short idle timeout',
    changeAccount: (aws, ids) => setIdleTimeout(aws, ids.balancer, 60),
    result: 'load balancer acme: has an idle timeout of 60 s, but the platform needs 600 s',
  },
  {
    name: 'no subnet',
    changeAccount: (aws, ids) => ec2(aws, 'DeleteSubnet', { SubnetId: ids.subnetExec }),
    result: 'subnet {subnetExec}: does not exist, but is used by exec',
  },
  {
    name: 'subnets of two VPCs',
    changeEnvironment: (text, ids) => text.replace(`"${ids.subnetExec}"`, `"${ids.subnetExec}", "${ids.subnetElsewhere}"`),
    result: 'network exec: has subnets in more than one VPC: {subnetExec} in {vpc}, {subnetElsewhere} in {elsewhere}',
  },
  {
    name: 'no security group',
    changeAccount: (aws, ids) => ec2(aws, 'DeleteSecurityGroup', { GroupId: ids.runs }),
    result: 'security group {runs}: does not exist, but is used by exec',
  },
  {
    name: 'a security group of another VPC',
    changeEnvironment: (text, ids) => text.replace(`"${ids.runs}"`, `"${ids.outside}"`),
    result: 'security group {outside}: is in {elsewhere}, but the subnets of exec are in {vpc}',
  },
  {
    name: 'no file system',
    changeAccount: async (aws, ids) => {
      await efs(aws, 'DELETE', `access-points/${ids.point}`);
      for (const target of [ids.mountA, ids.mountB]) await efs(aws, 'DELETE', `mount-targets/${target}`);
      await efs(aws, 'DELETE', `file-systems/${ids.files}`);
    },
    result: 'file system {files}: does not exist',
  },
  {
    name: 'no mount target in a zone',
    changeAccount: (aws, ids) => efs(aws, 'DELETE', `mount-targets/${ids.mountB}`),
    result: 'mount target {files}: is missing in eu-central-1b of {vpc}, where tasks of proc can start',
  },
  {
    name: 'no access point',
    changeAccount: (aws, ids) => efs(aws, 'DELETE', `access-points/${ids.point}`),
    result: 'access point {point}: does not exist',
  },
  {
    name: 'an access point of another file system',
    changeEnvironment: (text, ids) => text.replace(ids.point, ids.otherPoint),
    result: 'access point {otherPoint}: belongs to {others}, not to {files}',
  },
  {
    name: 'a file system that allows no connection',
    changeAccount: (aws, ids) => ec2(aws, 'RevokeSecurityGroupIngress', nfsRule(ids)),
    result: 'nfs {files}: no rule of {efs} allows proc on TCP 2049, from {tasks}',
  },
  {
    name: 'a vCPU quota that is too small',
    fixedResponses: { GetServiceQuota: JSON.stringify({ Quota: { Value: 0.25 } }) },
    result: 'quota Fargate vCPU: 0.25 in this account, but replacing all services takes 2.5',
  },
  {
    name: 'a task quota that is too small',
    fixedResponses: { ListServiceQuotas: JSON.stringify({ Quotas: [{ QuotaName: 'Tasks per service', Value: 2 }] }) },
    changeEnvironment: (text) => text.replace('component: other', 'component: other, count: 3'),
    result: 'quota tasks per service: 2, but web has 3',
  },
];

/** The simulation of a role that is denied one action. */
function deniedAction(denied: string): FixedResponse {
  return (body) => {
    const actions = [...new URLSearchParams(body)]
      .filter(([name]) => name.startsWith('ActionNames.'))
      .map(([, action]) => action);
    const results = actions.map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${action === denied ? 'implicitDeny' : 'allowed'}</EvalDecision></member>`,
    );
    return `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${results.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
  };
}

function withBundleLogin(text: string): string {
  return text.replace('component: proc,', 'component: proc, env: { AUTH_PROVIDER: session, SECRETS_PROVIDER: aws-sm },');
}
