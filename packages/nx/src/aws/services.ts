/** An AWS service that is called without an SDK client of its own. */
export interface AwsService {
  /** The prefix of its IAM actions, usually the first part of its host, and its name in a signature: `logs`. */
  name: string;
  /** The first part of its host, if that is not its name. */
  host?: string;
  /** The id in AWS_ENDPOINT_URL_<ID>: `CLOUDWATCH_LOGS`. */
  endpointId: string;
  /** AWS JSON: the prefix of the X-Amz-Target header. */
  target?: string;
  /** AWS Query: the version of the API. */
  version?: string;
  /** One endpoint for all regions. */
  isGlobal?: boolean;
}

export const ECR: AwsService = {
  name: 'ecr',
  host: 'api.ecr',
  endpointId: 'ECR',
  target: 'AmazonEC2ContainerRegistry_V20150921',
};
export const EC2: AwsService = { name: 'ec2', endpointId: 'EC2', version: '2016-11-15' };
export const EFS: AwsService = { name: 'elasticfilesystem', endpointId: 'EFS' };
export const ELB: AwsService = {
  name: 'elasticloadbalancing',
  endpointId: 'ELASTIC_LOAD_BALANCING_V2',
  version: '2015-12-01',
};
export const IAM: AwsService = { name: 'iam', endpointId: 'IAM', version: '2010-05-08', isGlobal: true };
export const LOGS: AwsService = { name: 'logs', endpointId: 'CLOUDWATCH_LOGS', target: 'Logs_20140328' };
export const QUOTAS: AwsService = { name: 'servicequotas', endpointId: 'SERVICE_QUOTAS', target: 'ServiceQuotasV20190624' };
export const SECRETS: AwsService = { name: 'secretsmanager', endpointId: 'SECRETS_MANAGER', target: 'secretsmanager' };
export const SSM: AwsService = { name: 'ssm', endpointId: 'SSM', target: 'AmazonSSM' };
export const STS: AwsService = { name: 'sts', endpointId: 'STS', version: '2011-06-15' };

/** The endpoint of a service, as the AWS SDK chooses it. */
export function endpointOf({ name, host = name, endpointId, isGlobal }: AwsService, region: string): URL {
  const configured = process.env[`AWS_ENDPOINT_URL_${endpointId}`] || process.env.AWS_ENDPOINT_URL;
  if (configured) return new URL(configured);
  const isChina = region.startsWith('cn-');
  const domain = `amazonaws.com${isChina ? '.cn' : ''}`;
  if (!isGlobal) return new URL(`https://${host}.${region}.${domain}/`);
  return new URL(`https://${name}.${isChina ? 'cn-north-1.' : ''}${domain}/`);
}

/** The region that a request is signed for: a global service has one. */
export function signingRegion({ isGlobal }: AwsService, region: string): string {
  if (!isGlobal) return region;
  return region.startsWith('cn-') ? 'cn-north-1' : 'us-east-1';
}
