import type { DeployPlan } from '../../src/internal';
import { PLACE, type EcsDouble } from './kit';

interface Service {
  status: string;
  taskDefinition?: string;
  desiredCount: number;
  deployments: { rolloutState: string }[];
  loadBalancers: { targetGroupArn: string }[];
}

export interface Runs {
  /** `acme-proc:2`, and `gone` or the status of a service that is not ACTIVE. */
  [service: string]: string;
}

/** The true state of the double: the revision of each service, whether all desired tasks run the pinned image and are healthy behind their load balancers, and whether ECS has completed the deployments. */
export async function truth(
  double: EcsDouble,
  plan: DeployPlan,
): Promise<{ runs: Runs; pinned: boolean; tasksArePinned: boolean }> {
  const runs: Runs = {};
  let tasksArePinned = true;
  let isCompleted = true;
  for (const { service: name, serviceName, kind, digests } of plan.services) {
    if (kind === 'task') continue;
    const asked = { cluster: PLACE.cluster, services: [serviceName] };
    const answer = await double.as('DescribeServices', asked).catch(() => ({ services: [] }));
    const [found] = (answer as unknown as { services: Service[] }).services;
    if (found?.status !== 'ACTIVE') {
      runs[name] = found?.status ?? 'gone';
      tasksArePinned = false;
      continue;
    }
    runs[name] = found.taskDefinition?.slice(found.taskDefinition.lastIndexOf('/acme-') + 6) ?? '';
    const tasks = await tasksOf(double, serviceName);
    const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');
    const good = running.filter(({ containers }) => {
      const digest = containers[0]!.imageDigest ?? containers[0]!.image.split('@')[1]!;
      return digests.includes(digest);
    });
    tasksArePinned &&= good.length >= found.desiredCount && good.length === running.length;
    for (const { targetGroupArn } of found.loadBalancers) tasksArePinned &&= await isServed(double, targetGroupArn);
    isCompleted &&= found.deployments[0]?.rolloutState === 'COMPLETED';
  }
  return { runs, pinned: tasksArePinned && isCompleted, tasksArePinned };
}

/** Whether a target group reports all of its targets as healthy or draining. */
async function isServed(double: EcsDouble, TargetGroupArn: string): Promise<boolean> {
  const answer = await double.as('DescribeTargetHealth', { TargetGroupArn }, 'elbv2');
  const { TargetHealthDescriptions: all } = answer as unknown as {
    TargetHealthDescriptions: { TargetHealth: { State: string } }[];
  };
  return all.every(({ TargetHealth: { State } }) => State === 'healthy' || State === 'draining');
}

interface Task {
  lastStatus: string;
  containers: { image: string; imageDigest?: string }[];
}

async function tasksOf(double: EcsDouble, serviceName: string, nextToken?: string): Promise<Task[]> {
  const page = await double.as('ListTasks', { cluster: PLACE.cluster, serviceName, nextToken });
  const { taskArns: tasks, nextToken: next } = page as unknown as { taskArns: string[]; nextToken?: string };
  if (tasks.length === 0) return [];
  const described = (await double.as('DescribeTasks', { cluster: PLACE.cluster, tasks })) as unknown as { tasks: Task[] };
  return [...described.tasks, ...(next === undefined ? [] : await tasksOf(double, serviceName, next))];
}

/** Whether the gateway configuration in Redis is that of the running proc. */
export async function gatewayOf(double: EcsDouble): Promise<{ isOfProc: boolean; redis?: string; proc?: string }> {
  const asked = { cluster: PLACE.cluster, services: ['acme-proc'] };
  const { services } = (await double.as('DescribeServices', asked)) as unknown as { services: Service[] };
  const answer = await double.as('DescribeTaskDefinition', { taskDefinition: services[0]!.taskDefinition });
  const { taskDefinition } = answer as unknown as {
    taskDefinition: { containerDefinitions: { environment: { name: string; value: string }[] }[] };
  };
  const [container] = taskDefinition.containerDefinitions;
  const proc = container!.environment.find(({ name }) => name === 'GATEWAY_CONFIG_JSON')?.value;
  const [redis] = Object.values(double.registry().gateway);
  return { isOfProc: redis !== undefined && redis === proc, redis, proc };
}
