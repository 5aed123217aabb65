import { isRecord, listIn, unreadable } from './answer';
import type { AwsConnection } from './client';
import { askSigned } from './signed';

type Json = Record<string, unknown>;

/** The few questions that `verify` has for services other than ECS. None of them is answered with a secret's value: it is read for `secretKeys` alone, and dropped there. */
export interface AwsQuestions {
  account(): Promise<string>;
  /** The trust policy of a role, as text. */
  roleTrust(name: string): Promise<string>;
  /** The actions that a role is denied. */
  denied(role: string, actions: readonly string[], resources: readonly string[]): Promise<string[]>;
  parameterExists(name: string): Promise<boolean>;
  /** What is said of a secret beside its value. */
  secret(id: string): Promise<{ arn: string; deleted: boolean }>;
  /** The keys of a secret that is a JSON object; undefined for any other. */
  secretKeys(id: string): Promise<string[] | undefined>;
  logGroups(prefix: string): Promise<string[]>;
  targetGroup(arn: string): Promise<TargetGroup>;
  idleTimeout(balancer: string): Promise<number | undefined>;
  quota(service: string, code: string): Promise<number>;
  /** By its name, as Amazon lists it: the account's own, else the default of all accounts. */
  quotaNamed(service: string, name: string): Promise<number>;
}

export interface TargetGroup {
  protocol: string;
  port: number;
  path: string;
  type: string;
  vpc?: string;
  balancers: string[];
}

export function awsQuestions(aws: AwsConnection): AwsQuestions {
  const json = async (what: string, host: string, endpoint: string, target: string, body: Json): Promise<Json> =>
    (await askSigned(aws, { what, host, endpoint, target, body })).json;
  const form = async (what: string, host: string, endpoint: string, body: Json): Promise<string> =>
    (await askSigned(aws, { what, host, endpoint, body })).text;
  const iam = async (what: string, body: Json): Promise<string> => {
    const global = aws.region.startsWith('cn-') ? 'iam.cn-north-1.amazonaws.com.cn' : 'iam.amazonaws.com';
    // IAM is one for all regions, and signs as one.
    const region = aws.region.startsWith('cn-') ? 'cn-north-1' : 'us-east-1';
    const call = { what, host: 'iam', endpoint: 'IAM', global, body: { ...body, Version: '2010-05-08' } };
    return (await askSigned({ ...aws, region }, call)).text;
  };
  const elb = (action: string, body: Json) =>
    form(`elasticloadbalancing:${action}`, 'elasticloadbalancing', 'ELASTIC_LOAD_BALANCING_V2', {
      ...body,
      Action: action,
      Version: '2015-12-01',
    });
  const quotas = (action: string, body: Json) =>
    json(`servicequotas:${action}`, 'servicequotas', 'SERVICE_QUOTAS', `ServiceQuotasV20190624.${action}`, body);
  return {
    async account() {
      const text = await form('sts:GetCallerIdentity', 'sts', 'STS', { Action: 'GetCallerIdentity', Version: '2011-06-15' });
      const account = first(text, 'Account');
      if (account === undefined || !/^\d{12}$/.test(account)) throw unreadable('sts:GetCallerIdentity');
      return account;
    },
    async roleTrust(name) {
      const text = await iam('iam:GetRole', { Action: 'GetRole', RoleName: name });
      return decoded(one(text, 'AssumeRolePolicyDocument', 'iam:GetRole'));
    },
    async denied(role, actions, resources) {
      const text = await iam('iam:SimulatePrincipalPolicy', {
        Action: 'SimulatePrincipalPolicy',
        PolicySourceArn: role,
        ...Object.fromEntries(actions.map((action, index) => [`ActionNames.member.${index + 1}`, action])),
        ...Object.fromEntries(resources.map((resource, index) => [`ResourceArns.member.${index + 1}`, resource])),
      });
      const results = [
        ...text.matchAll(
          /<EvalActionName>([^<]+)<\/EvalActionName>[\s\S]*?<EvalDecision>([^<]+)<\/EvalDecision>|<EvalDecision>([^<]+)<\/EvalDecision>[\s\S]*?<EvalActionName>([^<]+)<\/EvalActionName>/g,
        ),
      ];
      const decided = new Map(results.map(([, action, decision, other, after]) => [action ?? after, decision ?? other]));
      // Of what IAM does not decide, nobody knows whether it is allowed.
      if (actions.some((action) => !decided.has(action))) throw unreadable('iam:SimulatePrincipalPolicy');
      return [...decided].filter(([, decision]) => decision !== 'allowed').map(([action]) => action!);
    },
    async parameterExists(name) {
      const body = { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [name] }] };
      const what = 'ssm:DescribeParameters';
      return listIn(await json(what, 'ssm', 'SSM', 'AmazonSSM.DescribeParameters', body), 'Parameters', what).length > 0;
    },
    async secret(id) {
      const what = 'secretsmanager:DescribeSecret';
      const { ARN, DeletedDate } = await json(what, 'secretsmanager', 'SECRETS_MANAGER', 'secretsmanager.DescribeSecret', {
        SecretId: id,
      });
      if (typeof ARN !== 'string') throw unreadable(what);
      return { arn: ARN, deleted: DeletedDate !== undefined && DeletedDate !== null };
    },
    async secretKeys(id) {
      const what = 'secretsmanager:GetSecretValue';
      const found = await json(what, 'secretsmanager', 'SECRETS_MANAGER', 'secretsmanager.GetSecretValue', { SecretId: id });
      if (typeof found.SecretString !== 'string' && typeof found.SecretBinary !== 'string') throw unreadable(what);
      return keysOf(found.SecretString);
    },
    async logGroups(prefix) {
      const what = 'logs:DescribeLogGroups';
      const found = await json(what, 'logs', 'CLOUDWATCH_LOGS', 'Logs_20140328.DescribeLogGroups', {
        logGroupNamePrefix: prefix,
      });
      return listIn<{ logGroupName?: string }>(found, 'logGroups', what).map(({ logGroupName = '' }) => logGroupName);
    },
    async targetGroup(arn) {
      const text = await elb('DescribeTargetGroups', { 'TargetGroupArns.member.1': arn });
      const vpc = first(text, 'VpcId');
      return {
        ...(vpc !== undefined && { vpc }),
        protocol: first(text, 'Protocol') ?? '',
        port: Number(first(text, 'Port') ?? 0),
        path: first(text, 'HealthCheckPath') ?? '',
        type: one(text, 'TargetType', 'elasticloadbalancing:DescribeTargetGroups'),
        balancers: [...(first(text, 'LoadBalancerArns', true) ?? '').matchAll(/<member>([^<]+)<\/member>/g)].map(
          ([, balancer]) => balancer!,
        ),
      };
    },
    async idleTimeout(balancer) {
      const text = await elb('DescribeLoadBalancerAttributes', { LoadBalancerArn: balancer });
      one(text, 'Attributes', 'elasticloadbalancing:DescribeLoadBalancerAttributes', true);
      const found =
        /<Key>idle_timeout\.timeout_seconds<\/Key>\s*<Value>(\d+)<\/Value>|<Value>(\d+)<\/Value>\s*<Key>idle_timeout\.timeout_seconds<\/Key>/.exec(
          text,
        );
      return found ? Number(found[1] ?? found[2]) : undefined;
    },
    async quota(service, code) {
      const { Quota } = await quotas('GetServiceQuota', { ServiceCode: service, QuotaCode: code });
      const value = isRecord(Quota) ? Quota.Value : undefined;
      if (typeof value !== 'number') throw unreadable('servicequotas:GetServiceQuota');
      return value;
    },
    async quotaNamed(service, name) {
      // What nobody asked to be raised is in the second list only.
      for (const action of ['ListServiceQuotas', 'ListAWSDefaultServiceQuotas']) {
        const answer = await quotas(action, { ServiceCode: service, MaxResults: 100 });
        const listed = listIn<{ QuotaName?: string; Value?: number }>(answer, 'Quotas', `servicequotas:${action}`);
        const found = listed.find(({ QuotaName }) => QuotaName === name);
        if (found) return Number(found.Value);
      }
      return NaN;
    },
  };
}

/** Only the names: nothing of a value leaves this function. */
function keysOf(secret: unknown): string[] | undefined {
  try {
    const value: unknown = JSON.parse(String(secret));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
  } catch {
    return undefined;
  }
}

/** The text of the first element of that name. `inner`: with the elements in it. */
function first(xml: string, name: string, inner = false): string | undefined {
  return new RegExp(`<${name}>(${inner ? '[\\s\\S]*?' : '[^<]*'})</${name}>`).exec(xml)?.[1];
}

/** The same of an element that must be there. */
function one(xml: string, name: string, what: string, inner = false): string {
  const found = first(xml, name, inner);
  if (found === undefined) throw unreadable(what);
  return found;
}

function decoded(text: string): string {
  const plain = text.replace(/&quot;|&#34;/g, '"').replace(/&amp;/g, '&');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
