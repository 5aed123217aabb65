import {
  builtImageNames,
  ecrRegion,
  isPlatformImage,
  KdcubeError,
  type RegistryName,
  repositoryOf,
  repositorySettings,
  type RepositoryUse,
  shown,
  type Workspace,
} from '@kdcube/release/internal';
import { repositoriesApi } from '../../aws/api/repositories';
import { connectAws } from '../../aws/client';
import { carryOut } from '../../system/journal';
import type { Log } from '../../system/log';
import { inParallel } from '../../system/parallel';

/** The tag of AWS on what this command made. */
const CREATED_BY = { 'kdcube:created-by': 'release:images' };

/** The repositories that a release needs, with what they are for. The last one holds the release records. */
export function neededRepositories(workspace: Workspace): Map<string, RepositoryUse> {
  const built = builtImageNames(workspace).map((name): [string, RepositoryUse] => [name, useOf(name, workspace)]);
  const mirrored = workspace.pins.platform.map(({ subject }): [string, RepositoryUse] => [subject.name, 'mirrored']);
  return new Map([...built, ...mirrored, ['releases', 'records']]);
}

/** An image folder may have the name of a platform image: then it is this workspace's. */
function useOf(name: string, { images }: Workspace): RepositoryUse {
  return isPlatformImage(name) && !images.some((image) => image.name === name) ? 'platform' : 'built';
}

/**
 * Creates the repositories of a release in Amazon ECR that do not exist. Existing ones stay as they are. Returns the created ones. Problems `aws-*`, and `wrong-option` for another
 * registry.
 */
export async function createRepositories(
  workspace: Workspace,
  target: RegistryName,
  tagPrefix: string,
  log: Log,
): Promise<string[]> {
  const region = ecrRegion(target.host);
  if (region === undefined) throw notEcr(target);
  const aws = await connectAws(region);
  try {
    const api = repositoriesApi(aws, target.host.slice(0, 12));
    const needed = [...neededRepositories(workspace)].map(([image, use]) => ({ name: repositoryOf(target, image), use }));
    const found = await inParallel(needed, 4, async (each) => ({ ...each, found: await api.findRepository(each.name) }));
    const created: string[] = [];
    // One after the other: what was made before a refusal is then clear.
    for (const { name, use } of found.filter((each) => each.found === undefined)) {
      const startedAt = Date.now();
      const settings = repositorySettings(use, tagPrefix);
      const text = `created the repository ${target.host}/${name}`;
      const isNew = await carryOut(
        { kind: 'other', text },
        () => api.createRepository(name, settings, CREATED_BY),
        (result) => result,
      );
      if (!isNew) {
        log.note(`${target.host}/${name} was created by someone else in the meantime`);
        continue;
      }
      created.push(name);
      log.done('created', `${target.host}/${name}`, describeSettings(settings), startedAt);
      log.event({ event: 'repository-created', repository: `${target.host}/${name}`, ...settings });
    }
    return created;
  } finally {
    aws.close();
  }
}

/** `immutable tags but customer-*, scanned on push` */
export function describeSettings({ mutability, exclusions, scanOnPush }: ReturnType<typeof repositorySettings>): string {
  const but = mutability.endsWith('_WITH_EXCLUSION') && exclusions.length > 0 ? ` but ${exclusions.join(', ')}` : '';
  const tags = mutability.startsWith('IMMUTABLE') ? `immutable tags${but}` : `tags can be moved${but}`;
  return scanOnPush ? `${tags}, scanned on push` : `${tags}, not scanned on push`;
}

function notEcr(target: RegistryName): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `--create makes repositories in Amazon ECR, and ${shown(target)} is another registry.`,
    hint: 'docs/registries.md says which registries create repositories on push, and how to create them in the others',
  });
}
