import type { Environment, ReleaseRecord } from '@kdcube/release/internal';
import { clusterOf, ecsServiceNames, withEcs } from '../ecs-port';

/** One attempt to deploy an image. */
export interface ImageDeployment {
  environment: string;
  release: string;
  attempt: number;
  verdict: string;
  endedAt: string;
  commit?: string;
  services: string[];
}

/** The records that name one of these digests, newest first. */
export function deploymentsOf(records: readonly ReleaseRecord[], digests: readonly string[]): ImageDeployment[] {
  const names = ({ digest, image }: { digest: string; image: string }) =>
    digests.some((each) => each === digest || image.endsWith(`@${each}`));
  return records.flatMap((record) => {
    const { environment, release, attempt, verdict, endedAt, commit, exec } = record;
    const services = Object.entries(record.services).flatMap(([name, service]) => (names(service) ? [name] : []));
    const all = [...services, ...(exec && names(exec) ? ['exec'] : [])];
    return all.length === 0
      ? []
      : [{ environment, release, attempt, verdict, endedAt, ...(commit !== undefined && { commit }), services: all }];
  });
}

/** The services of an environment whose tasks run one of these digests now, with the number of tasks. Problems of AWS. */
export function servicesThatRun(
  environment: Environment,
  digests: readonly string[],
): Promise<{ service: string; tasks: number }[]> {
  return withEcs(clusterOf(environment), async (ecs) => {
    const found: { service: string; tasks: number }[] = [];
    for (const { name, status } of await ecs.describeServices(ecsServiceNames(environment))) {
      if (status !== 'ACTIVE') continue;
      const tasks = await ecs.listServiceTasks(name, 'RUNNING');
      const count = tasks.filter(({ containers }) =>
        containers.some(({ digest }) => digest !== undefined && digests.includes(digest)),
      ).length;
      if (count > 0) found.push({ service: name, tasks: count });
    }
    return found;
  });
}
