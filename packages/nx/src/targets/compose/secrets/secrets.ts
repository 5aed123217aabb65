import { type Environment, KdcubeError } from '@kdcube/release/internal';
import type { Host } from '../host/host';
import { stampSecret, stampSecretFiles } from '../host/secret-files';
import { fetchSecretFiles } from './fetch';

interface Place {
  /** compose.directory. */
  directory: string;
  environment: string;
}

/** The key of the stamps, which never leaves the host. */
const STAMP_KEY = '.kdcube/stamp-key';

/**
 * What stands for the content of each secret file in a plan, by path: those of ops by their absolute path, fetched ones by theirs below compose.directory. Writes nothing but the key.
 * The stamp of a fetched file is that of what AWS has now.
 */
export async function readSecretStamps(host: Host, { directory }: Place, environment: Environment): Promise<Map<string, string>> {
  const key = `${directory}/${STAMP_KEY}`;
  const files = environment.services.flatMap(({ target, secrets }) =>
    target === 'compose' ? Object.values(secrets).flatMap((one) => (one.store === 'file' ? [one.path] : [])) : [],
  );
  const stamps = await stampSecretFiles(host, key, [...new Set(files)].sort());
  for (const [file, content] of await fetchSecretFiles(environment)) stamps.set(file, await stampSecret(host, key, content));
  return stamps;
}

/** Writes the secrets that AWS has to their files on the host. Problem `plan-outdated` if AWS has others than the plan saw. */
export async function writeFetchedSecrets(
  host: Host,
  { directory, environment: name }: Place,
  environment: Environment,
  stamps: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [file, content] of await fetchSecretFiles(environment)) {
    if ((await stampSecret(host, `${directory}/${STAMP_KEY}`, content)) !== stamps.get(file))
      throw new KdcubeError({
        code: 'plan-outdated',
        message: `The plan is out of date: since it was made, a secret in AWS for ${file} has changed.`,
        hint: `nx run release:plan:${name}    makes a new plan`,
      });
    await host.writeFile(`${directory}/${file}`, content, 0o600);
  }
}
