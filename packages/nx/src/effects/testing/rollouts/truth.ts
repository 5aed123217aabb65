import type { DeployPlan } from '@kdcube/release';
import { PLACE, type EcsDouble } from './kit';

interface Service {
  status: string;
  taskDefinition?: string;
  desiredCount: number;
  deployments: { rolloutState: string }[];
}

export interface Runs {
  /** `acme-proc:2`, and `gone` or the status of a service that is not ACTIVE. */
  [service: string]: string;
}

/** What really runs, as the double alone knows it: revisions by service, and whether every running task has its pinned image. */
export async function truth(double: EcsDouble, plan: DeployPlan): Promise<{ runs: Runs; pinned: boolean }> {
  const runs: Runs = {};
  let pinned = true;
  for (const { service: name, serviceName, kind, digests } of plan.services) {
    if (kind === 'task') continue;
    const asked = { cluster: PLACE.cluster, services: [serviceName] };
    const answer = await double.as('DescribeServices', asked).catch(() => ({ services: [] }));
    const [found] = (answer as unknown as { services: Service[] }).services;
    if (found?.status !== 'ACTIVE') {
      runs[name] = found?.status ?? 'gone';
      pinned = false;
      continue;
    }
    runs[name] = found.taskDefinition?.slice(found.taskDefinition.lastIndexOf('/acme-') + 6) ?? '';
    const { taskArns } = (await double.as('ListTasks', { cluster: PLACE.cluster, serviceName })) as unknown as {
      taskArns: string[];
    };
    const described =
      taskArns.length === 0 ? { tasks: [] } : await double.as('DescribeTasks', { cluster: PLACE.cluster, tasks: taskArns });
    const tasks = (
      described as unknown as { tasks: { lastStatus: string; containers: { image: string; imageDigest?: string }[] }[] }
    ).tasks;
    const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');
    const good = running.filter(({ containers }) => {
      const digest = containers[0]!.imageDigest ?? containers[0]!.image.split('@')[1]!;
      return digests.includes(digest);
    });
    pinned &&=
      good.length >= found.desiredCount && good.length === running.length && found.deployments[0]!.rolloutState === 'COMPLETED';
  }
  return { runs, pinned };
}
