import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { KdcubeError, quoted, type Problem } from '../../../../problem/problem';
import type { ServiceState } from '../port';
import { serviceNames, type Rollout } from '../rollout';

/** Checks that region, cluster, account and services are those of the plan, and that ECS can deploy each service. */
export async function checkTarget(rollout: Rollout): Promise<ServiceState[]> {
  const { plan, ecs } = rollout;
  if (ecs.region !== plan.region || ecs.cluster !== plan.cluster)
    throw new KdcubeError({
      code: 'wrong-account',
      message: `The plan is for the cluster ${plan.cluster} in ${plan.region}, not for ${ecs.cluster} in ${ecs.region}.`,
    });
  const account = await ecs.getAccountId();
  if (account !== plan.account)
    throw new KdcubeError({
      code: 'wrong-account',
      message: `The credentials belong to the account ${account}, and ${plan.environment} is in ${plan.account}.`,
      hint: 'aws sts get-caller-identity    shows whose they are; AWS_PROFILE selects others',
    });
  const services = await ecs.describeServices(serviceNames(rollout));
  const problems = plan.services
    .filter(({ kind }) => kind === 'service')
    .flatMap((step) => findServiceProblem(rollout, step, services) ?? []);
  if (problems.length > 0) throw new KdcubeError(problems);
  return services;
}

function findServiceProblem(
  { plan }: Rollout,
  { serviceName, desiredCount }: ServiceStep,
  services: readonly ServiceState[],
): Problem | undefined {
  const service = services.find(({ name }) => name === serviceName);
  const name = quoted(serviceName);
  const flags = `--region ${plan.region} --cluster ${plan.cluster}`;
  const describe = `aws ecs describe-services ${flags} --services ${serviceName}`;
  if (!service)
    return { code: 'service-missing', message: `The cluster ${plan.cluster} has no service ${name}.`, hint: describe };
  const unfit = (message: string, hint: string): Problem => ({ code: 'service-not-deployable', message, hint });
  if (service.status !== 'ACTIVE')
    return unfit(`The service ${name} is ${service.status}: it is being deleted, or was.`, `create it again; ${describe}`);
  if (service.controller === 'CODE_DEPLOY')
    return unfit(
      `The service ${name} is deployed by CodeDeploy: ECS does not accept a new revision from anything else.`,
      'create it again with the deployment controller ECS, or remove it from the environment and deploy it with CodeDeploy',
    );
  if (service.controller !== 'ECS')
    return unfit(
      `The service ${name} is deployed by an external controller (${service.controller}), with task sets.`,
      'create it again with the deployment controller ECS, or remove it from the environment',
    );
  // A plan sets the desired count only where it changes it.
  const isScaled = desiredCount.after > 0 && desiredCount.before !== desiredCount.after;
  if (service.desired === 0 && !isScaled)
    return unfit(
      `The service ${name} has a desired count of 0: nothing would run, and nothing could be verified.`,
      `aws ecs update-service ${flags} --service ${serviceName} --desired-count 1`,
    );
  return undefined;
}
