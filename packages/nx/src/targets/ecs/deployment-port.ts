import type { Ecs, ServiceDeploymentState } from '@kdcube/release/internal';
import { toServiceDeployment } from '@kdcube/release/internal';
import type { ServiceDeployment, ServiceDeploymentBrief, ServiceRevision } from '@aws-sdk/client-ecs';
import { callAws, type AwsConnection } from '../../aws/client';
import { invalidResponse, requireList } from '../../aws/response';
import { carryOut } from '../../system/journal';

/** Enough to find the deployment of a rollout and what replaced it. DescribeServiceDeployments takes 20. */
const NEWEST = 10;

type DeploymentPort = Pick<
  Ecs,
  'listServiceDeployments' | 'findRevisionDefinition' | 'continueDeployment' | 'rollBackDeployment'
>;

/** Service deployments: how ECS brings a service to a revision. */
export function deploymentPort(aws: AwsConnection, cluster: string): DeploymentPort {
  const { sdk, client } = aws;
  async function describe(serviceDeploymentArns: string[]): Promise<ServiceDeploymentState[]> {
    const action = 'ecs:DescribeServiceDeployments';
    const input = { serviceDeploymentArns };
    const output = await callAws(aws, action, () => client.send(new sdk.DescribeServiceDeploymentsCommand(input)));
    const all = requireList<ServiceDeployment>(output, 'serviceDeployments', action).map((one) => {
      const state = toServiceDeployment(one);
      if (!state) throw invalidResponse(action);
      return state;
    });
    return all.sort((one, other) => serviceDeploymentArns.indexOf(one.arn) - serviceDeploymentArns.indexOf(other.arn));
  }
  return {
    async listServiceDeployments(service) {
      const action = 'ecs:ListServiceDeployments';
      const input = { cluster, service, maxResults: NEWEST };
      const output = await callAws(aws, action, () => client.send(new sdk.ListServiceDeploymentsCommand(input)));
      const found = requireList<ServiceDeploymentBrief>(output, 'serviceDeployments', action);
      const arns = found.flatMap(({ serviceDeploymentArn }) => serviceDeploymentArn ?? []);
      return arns.length === 0 ? [] : describe(arns);
    },
    async findRevisionDefinition(serviceRevision) {
      const action = 'ecs:DescribeServiceRevisions';
      const input = { serviceRevisionArns: [serviceRevision] };
      const output = await callAws(aws, action, () => client.send(new sdk.DescribeServiceRevisionsCommand(input)));
      return requireList<ServiceRevision>(output, 'serviceRevisions', action)[0]?.taskDefinition;
    },
    async continueDeployment(serviceDeploymentArn, hookId, action) {
      const input = { serviceDeploymentArn, hookId, action };
      const text = action === 'CONTINUE' ? 'continued a paused deployment' : 'rolled back a paused deployment';
      const send = () => client.send(new sdk.ContinueServiceDeploymentCommand(input));
      await carryOut({ kind: 'ecs', text }, () => callAws(aws, 'ecs:ContinueServiceDeployment', send));
    },
    async rollBackDeployment(serviceDeploymentArn) {
      const input = { serviceDeploymentArn, stopType: 'ROLLBACK' as const };
      const send = () => client.send(new sdk.StopServiceDeploymentCommand(input));
      await carryOut({ kind: 'ecs', text: 'stopped a deployment with ROLLBACK' }, () =>
        callAws(aws, 'ecs:StopServiceDeployment', send),
      );
    },
  };
}
