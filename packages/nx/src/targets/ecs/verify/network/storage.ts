import type { CheckResult, Environment } from '@kdcube/release/internal';
import { accessPointAvailable, applyCheck, fileSystemAvailable } from '@kdcube/release/internal';
import { inParallel } from '../../../../system/parallel';
import type { AwsApi } from '../../../../aws/api/aws-api';
import type { StorageApi } from '../../../../aws/api/storage';
import { checkMountTargets } from './mount-targets';
import type { Network } from './network';
import { runCheck } from '../results';
import type { RunningService } from '../services';

interface FileSystem {
  id: string;
  accessPoints: string[];
  /** The running services that mount it. */
  services: RunningService[];
}

/** Checks that each file system exists, and that the tasks that mount it can reach it. */
export async function checkStorage(
  environment: Environment,
  running: readonly RunningService[],
  network: Network,
  api: AwsApi,
): Promise<CheckResult[]> {
  const results = await inParallel(fileSystemsOf(environment, running), 2, async ({ id, accessPoints, services }) => {
    const existence = await checkFileSystem(id, api);
    if (existence.some(({ status }) => status === 'fail')) return existence;
    const points = await inParallel(accessPoints, 2, (point) => checkAccessPoint(id, point, api));
    return [...existence, ...points.flat(), ...(await checkMountTargets(id, services, network, api))];
  });
  return results.flat();
}

function fileSystemsOf({ services }: Environment, running: readonly RunningService[]): FileSystem[] {
  const fileSystems = new Map<string, FileSystem>();
  for (const service of services.filter(({ target }) => target === 'ecs'))
    for (const { efs } of service.mounts) {
      if (!efs) continue;
      const fileSystem = fileSystems.get(efs.id) ?? { id: efs.id, accessPoints: [], services: [] };
      fileSystems.set(efs.id, fileSystem);
      const { accessPoints, services: users } = fileSystem;
      if (efs.accessPoint !== undefined && !accessPoints.includes(efs.accessPoint)) accessPoints.push(efs.accessPoint);
      const user = running.find(({ service: { name } }) => name === service.name);
      if (user && !users.includes(user)) users.push(user);
    }
  return [...fileSystems.values()];
}

function checkFileSystem(id: string, api: StorageApi): Promise<CheckResult[]> {
  return runCheck(
    fileSystemAvailable,
    id,
    async () => applyCheck(fileSystemAvailable, id, { state: await api.getFileSystemState(id) }),
    { notFound: /FileSystemNotFound/, missing: () => applyCheck(fileSystemAvailable, id, { state: undefined }) },
  );
}

function checkAccessPoint(fileSystem: string, point: string, api: StorageApi): Promise<CheckResult[]> {
  return runCheck(
    accessPointAvailable,
    point,
    async () => applyCheck(accessPointAvailable, point, { fileSystem, found: await api.describeAccessPoint(point) }),
    {
      notFound: /AccessPointNotFound/,
      missing: () => applyCheck(accessPointAvailable, point, { fileSystem, found: undefined }),
    },
  );
}
