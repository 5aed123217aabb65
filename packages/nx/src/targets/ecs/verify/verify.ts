import type { CheckResult, Environment, EnvPlan, Generation } from '@kdcube/release/internal';
import { accountMatches, applyCheck, logGroupExists } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { inParallel } from '../../../system/parallel';
import { awsApi, type AwsApi } from '../../../aws/api/aws-api';
import type { IdentityApi } from '../../../aws/api/identity';
import type { LogsApi } from '../../../aws/api/logs';
import { type AwsConnection, connectAws } from '../../../aws/client';
import { checkImages } from './images';
import { checkNetwork } from './network/network';
import { placementsOf } from './network/placements';
import { checkQuotas } from './quotas';
import { failuresOf, runCheck } from './results';
import { checkRoles } from './roles';
import { checkSecrets } from './secrets';
import { checkServices } from './services';
import { checkStorage } from './network/storage';

/** What is deployed to the environment. */
export interface VerifySubject {
  rendered: EnvPlan;
  /** Only the services whose image is pushed. */
  pushed: EnvPlan;
  execImage: string | undefined;
  generation: Generation;
  /** Whether secrets are read, to check their keys. */
  secretKeys: boolean;
}

/** Checks everything that a plan of this environment assumes. Reads only. */
export async function verifyEnvironment(
  environment: Environment,
  { rendered, pushed, execImage, secretKeys, generation }: VerifySubject,
  log: Log,
): Promise<CheckResult[]> {
  const aws = await connectAws(environment.ecs.region ?? '');
  try {
    const api = awsApi(aws);
    const account = await checkAccount(environment, api);
    // In another account, resources of the same names would give misleading results.
    if (failuresOf(account).length > 0) return [...account, notChecked(environment)];
    const checks: (() => Promise<CheckResult[]>)[] = [
      () => checkResources(environment, aws, api),
      () => checkRoles(environment, rendered, api),
      () => checkSecrets(environment, rendered, api, { readKeys: secretKeys }),
      () => checkLogGroups(environment, api),
      () => checkImages(environment, pushed, execImage, { generation, target: 'ecs', log }),
      () => checkQuotas(environment, api),
    ];
    return [...account, ...(await inParallel(checks, 3, (check) => check())).flat()];
  } finally {
    aws.close();
  }
}

/** The services, and then their network and storage, which only they name. */
async function checkResources(environment: Environment, aws: AwsConnection, api: AwsApi): Promise<CheckResult[]> {
  const services = await checkServices(environment, aws, api);
  const { results, network } = await checkNetwork(placementsOf(environment, services.running), services.running, api);
  return [...services.results, ...results, ...(await checkStorage(environment, services.running, network, api))];
}

async function checkAccount({ ecs: { account = '', region = '' } }: Environment, api: IdentityApi): Promise<CheckResult[]> {
  return runCheck(accountMatches, account, async () =>
    applyCheck(accountMatches, account, { actual: await api.getAccountId(), region }),
  );
}

function notChecked({ name }: Environment): CheckResult {
  const detail = 'not checked: these credentials are for another account';
  return { check: accountMatches.name, kind: 'everything else', subject: name, status: 'unknown', detail };
}

async function checkLogGroups({ services, exec }: Environment, api: LogsApi): Promise<CheckResult[]> {
  const ours = services.filter(({ target, taskDefinition }) => target === 'ecs' && taskDefinition === 'environment');
  const execGroup = exec?.fargate?.logGroup;
  const groups = [...new Set([...ours.map(({ logGroup }) => logGroup), ...(execGroup === undefined ? [] : [execGroup])])];
  const results = await inParallel(groups, 4, (group) =>
    runCheck(logGroupExists, group, async () =>
      applyCheck(logGroupExists, group, { exists: (await api.listLogGroups(group)).includes(group) }),
    ),
  );
  return results.flat();
}
