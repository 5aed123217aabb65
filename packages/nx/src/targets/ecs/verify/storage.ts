import type { Environment } from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { AwsApi } from '../../../aws/api/aws-api';
import type { StorageApi } from '../../../aws/api/storage';
import { checkMountTargets } from './mount-targets';
import type { Network } from './network';
import { fail, pass, runCheck, type CheckResult } from './results';
import type { RunningService } from './services';

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
    'file system',
    id,
    async () => {
      const state = await api.getFileSystemState(id);
      if (state === 'available') return pass('file system', id, 'exists');
      return fail('file system', id, state ? `is ${state}` : 'does not exist');
    },
    { notFound: /FileSystemNotFound/, hint: 'aws efs describe-file-systems' },
  );
}

function checkAccessPoint(fileSystem: string, point: string, api: StorageApi): Promise<CheckResult[]> {
  const hint = `aws efs describe-access-points --file-system-id ${fileSystem}`;
  return runCheck(
    'access point',
    point,
    async () => {
      const found = await api.describeAccessPoint(point);
      if (found.fileSystem !== fileSystem)
        return fail('access point', point, `belongs to ${found.fileSystem || 'no file system'}, not to ${fileSystem}`, hint);
      if (found.state === 'available') return pass('access point', point, `exists, for ${fileSystem}`);
      return fail('access point', point, `is ${found.state}`, hint);
    },
    { notFound: /AccessPointNotFound/, hint },
  );
}
