import type { Ecs, FoundExec, FoundService, ImportNote, Running } from '@kdcube/release/internal';
import { containerOfService, foundExec, foundOnEcs, KdcubeError, quoted, sidecarNotes } from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import { listAllPages, requireStrings } from '../../../aws/response';
import { callAws, connectAws } from '../../../aws/client';
import { ecsPort } from '../ecs-port';

export interface FoundCluster {
  account: string;
  services: FoundService[];
  exec?: FoundExec;
  notes: ImportNote[];
}

/** The services of a cluster that runs, as an environment would have them. Reads only. `wanted`: these; else those that look like parts of the platform, and the others are named. */
export async function readCluster(
  { region, cluster }: Pick<Running, 'region' | 'cluster'>,
  wanted: readonly string[],
): Promise<FoundCluster> {
  const aws = await connectAws(region);
  try {
    const { sdk, client } = aws;
    const ecs = ecsPort(aws, cluster);
    const account = await ecs.getAccountId();
    const what = 'ecs:ListServices';
    const arns = await listAllPages(what, async (nextToken) => {
      const asked = { cluster, nextToken, maxResults: 100 };
      const page = await callAws(aws, what, () => client.send(new sdk.ListServicesCommand(asked)));
      return { items: requireStrings(page, 'serviceArns', what), nextToken: page.nextToken };
    });
    const names = arns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
    const missing = wanted.filter((name) => !names.includes(name));
    if (missing.length > 0)
      throw new KdcubeError({
        code: 'service-missing',
        message: `The cluster ${quoted(cluster)} has no service ${missing.map(quoted).join(', ')}.`,
        hint: names.length > 0 ? `one of ${names.slice(0, 10).join(', ')}` : undefined,
      });
    const notes: ImportNote[] = [];
    const seen = await ecs.describeServices(wanted.length > 0 ? wanted : names.sort());
    const found = await inParallel(seen, 4, async ({ name, status, taskDefinition, desired, controller, trafficContainers }) => {
      const definition = await ecs.describeTaskDefinition(taskDefinition);
      const service = { serviceName: name, status, taskDefinition, desiredCount: desired, controller, trafficContainers };
      if (!definition?.containerDefinitions?.length) {
        notes.push({ subject: name, reason: 'unread', message: 'has no task definition that can be read: it was left out' });
        return undefined;
      }
      const container = containerOfService(service, definition);
      const tasks = container.image.includes('@sha256:') ? [] : await ecs.listServiceTasks(name, 'RUNNING');
      const digest = tasks.flatMap(({ containers }) => containers).find((each) => each.name === container.name)?.digest;
      const imported = foundOnEcs(service, definition, withDigest(container.image, digest));
      if (wanted.length === 0 && imported.component === 'other') {
        notes.push({
          subject: name,
          reason: 'stranger',
          message: 'does not look like a part of the platform: it was left out',
          hint: `--services=${name}`,
        });
        return undefined;
      }
      notes.push(...sidecarNotes(service, definition));
      if (!container.image.includes('@sha256:'))
        notes.push({
          subject: `${name} image`,
          reason: 'image',
          message: digest
            ? 'runs by a tag: the first plan names it by its digest'
            : 'runs by a tag, and no task tells its digest',
        });
      if (container.stopTimeout === undefined)
        notes.push({ subject: `${name} stop_timeout`, reason: 'default', message: 'was not set: the first plan sets it' });
      return imported;
    });
    const services = found.filter((service) => service !== undefined);
    return { account, services, exec: await readExec(ecs, services, notes), notes };
  } finally {
    aws.close();
  }
}

/** The task definition that proc starts for code: its size and its roles stand nowhere else. */
async function readExec(ecs: Ecs, services: readonly FoundService[], notes: ImportNote[]): Promise<FoundExec | undefined> {
  const env = services.find(({ component }) => component === 'proc')?.env;
  const named = env?.FARGATE_TASK_DEFINITION;
  if (!named) return undefined;
  const definition = await ecs.describeTaskDefinition(named);
  if (definition?.containerDefinitions?.length) return foundExec(definition, env.FARGATE_CONTAINER_NAME);
  notes.push({
    subject: 'exec',
    reason: 'unread',
    message: 'proc names a task definition that is not there: its size and its roles are those of a new one',
  });
  return undefined;
}

function withDigest(image: string, digest: string | undefined): string {
  if (image.includes('@sha256:')) return image.replace(/:[^:/@]+@/, '@');
  return `${image.replace(/:[^:/]+$/, '')}@${digest ?? 'sha256:<DIGEST>'}`;
}
