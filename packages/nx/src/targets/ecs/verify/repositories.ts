import {
  applyCheck,
  type CheckResult,
  ecrRegion,
  type RegistryName,
  repositoryExists,
  repositoryLifecycle,
  repositoryOf,
} from '@kdcube/release/internal';
import { repositoriesApi, type RepositoriesApi } from '../../../aws/api/repositories';
import { connectAws } from '../../../aws/client';
import { describeSettings } from '../../../images/inventory/repositories';
import { inParallel } from '../../../system/parallel';
import { runCheck } from './results';

/** Checks the repositories of these images in Amazon ECR. Other registries have nothing to check. */
export async function checkRepositories(images: Iterable<string>, target: RegistryName): Promise<CheckResult[]> {
  const region = ecrRegion(target.host);
  if (region === undefined) return [];
  const aws = await connectAws(region);
  try {
    const api = repositoriesApi(aws, target.host.slice(0, 12));
    const names = [...images].map((image) => repositoryOf(target, image)).sort();
    return (await inParallel(names, 4, (name) => checkRepository(name, api))).flat();
  } finally {
    aws.close();
  }
}

async function checkRepository(name: string, api: RepositoriesApi): Promise<CheckResult[]> {
  const existence = await runCheck(repositoryExists, name, async () => {
    const found = await api.findRepository(name);
    return applyCheck(repositoryExists, name, { exists: found !== undefined, settings: found ? describeSettings(found) : '' });
  });
  if (existence.some(({ status }) => status !== 'pass')) return existence;
  const lifecycle = await runCheck(repositoryLifecycle, name, async () =>
    applyCheck(repositoryLifecycle, name, { policy: await api.findLifecyclePolicy(name) }),
  );
  return [...existence, ...lifecycle];
}
